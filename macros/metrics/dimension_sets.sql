{#
    Two columns of a query that groups by dimension_sets(): dimension, the name of the dimension
    that a row is split by, and dimension_value; both `all` for the total.

    in:  dimensions: columns that are never null
#}
{% macro dimension_columns(dimensions) -%}
case
    {%- for dimension in dimensions %}
    when grouping({{ dimension }}) = 0 then '{{ dimension }}'
    {%- endfor %}
    else 'all'
end as dimension,
case
    {%- for dimension in dimensions %}
    when grouping({{ dimension }}) = 0 then {{ dimension }}
    {%- endfor %}
    else 'all'
end as dimension_value
{%- endmacro %}


{#- The grouping of a query: by the keys alone, and by the keys and one dimension each. -#}
{% macro dimension_sets(keys, dimensions) -%}
grouping sets (
    ({{ keys | join(', ') }})
    {%- for dimension in dimensions %},
    ({{ keys | join(', ') }}, {{ dimension }})
    {%- endfor %}
)
{%- endmacro %}
