{#
    Returns a text that identifies a group by several columns, of which some may be null.

    in:  columns: names of columns or expressions, of type varchar
#}
{% macro group_key(columns) -%}
    {%- for column in columns -%}
    coalesce({{ column }}, '')
    {%- if not loop.last %} || chr(31) || {% endif -%}
    {%- endfor -%}
{%- endmacro %}
