{#
    Long rows of metrics from a wide table: one row a row of the table and metric.

    in:  table, a CTE of metric_date, dimension, dimension_value and what the metrics are made of
         metrics: by name, expressions over the table:
             numerator          what is counted or summed
             denominator        what it is divided by; none for a count or a sum
             window_days        for how many days after the date what counts may still occur; 0
             has_whole_window   whether the metric's window lies wholly within the data; true
    out: metric, metric_date, dimension, dimension_value, numerator, denominator, window_days,
         has_whole_window
#}
{% macro metric_rows(table, metrics) -%}
{%- for metric, made_of in metrics.items() %}
select
    '{{ metric }}' as metric,
    metric_date,
    dimension,
    dimension_value,
    cast({{ made_of.numerator }} as double) as numerator,
    cast({{ made_of.denominator or 'null' }} as double) as denominator,
    cast({{ made_of.window_days or 0 }} as bigint) as window_days,
    {{ made_of.has_whole_window or 'true' }} as has_whole_window
from {{ table }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}


{#
    The columns dimension and dimension_value of rows that are grouped by the sets of
    group_by_each(): `all` for the totals.
#}
{% macro grouped_dimension(dimensions) -%}
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


{#
    Groups by a date, and by it and each of the dimensions; these are columns without nulls.
#}
{% macro group_by_each(date_column, dimensions) -%}
group by grouping sets (
    ({{ date_column }}),
    {%- for dimension in dimensions %}
    ({{ date_column }}, {{ dimension }}){{ ',' if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}
