{#
    A query of the rows of a table, each once for the total and once for each dimension.

    in:  table: a CTE; dimensions: columns of it that are never null
    out: the columns of the table, dimension (the column's name) and dimension_value; both are `all`
         for the total
#}
{% macro split_by_dimension(table, dimensions) -%}
select
    {{ table }}.*,
    split.dimension,
    case split.dimension
        {%- for dimension in dimensions %}
        when '{{ dimension }}' then {{ table }}.{{ dimension }}
        {%- endfor %}
        else 'all'
    end as dimension_value
from {{ table }}
cross join (
    values
    ('all'){% for dimension in dimensions %}, ('{{ dimension }}'){% endfor %}
) as split (dimension)
{%- endmacro %}
