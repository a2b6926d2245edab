{#- A string literal. -#}
{%- macro sql_string(text) -%}
'{{ text | string | replace("'", "''") }}'
{%- endmacro -%}
