{% macro trino__median(expression) -%}
{{ logmart.trino__once(
    'array_sort(array_agg(' ~ expression ~ ') filter (where ' ~ expression ~ ' is not null))',
    'sorted',
    '(cast(element_at(sorted, (cardinality(sorted) + 1) / 2) as double)'
    ~ ' + cast(element_at(sorted, cardinality(sorted) / 2 + 1) as double)) / 2'
) }}
{%- endmacro %}
