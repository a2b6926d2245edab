{#- A text as a SQL string literal: in quotes, with the quotes in it doubled. -#}
{%- macro sql_string(text) -%}
'{{ text | string | replace("'", "''") }}'
{%- endmacro -%}
