{#
    A key of what a row is counted for, null parts included; an expression, text.

    in: columns, names of columns or expressions, text
#}
{% macro group_key(columns) -%}
    {%- for column in columns -%}
    coalesce({{ column }}, '')
    {%- if not loop.last %} || chr(31) || {% endif -%}
    {%- endfor -%}
{%- endmacro %}
