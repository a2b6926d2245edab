{#
    A query that turns a wide table into long rows, one a row of the table and metric.

    in:  table: a CTE of metric_date, dimension, dimension_value and the columns that metrics read
         metrics: by name, expressions over the table:
             numerator          what is counted or summed
             denominator        what the numerator is divided by; none for a count or a sum
             window_days        for how many days after the date events still count; 0 by default
             has_whole_window   whether the data covers the metric's whole window; true by default
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
    A query that aggregates a table by date, and by date and each of several dimensions.

    in:  table: a CTE; date_column; dimensions: columns of the table without nulls
         body of the call: the aggregates, as columns of a select
    out: metric_date, dimension (the column's name, `all` for totals), dimension_value, the
         aggregates
#}
{% macro counted_by(table, date_column, dimensions) -%}
{%- for dimension in ['all'] + dimensions %}
select
    {{ date_column }} as metric_date,
    '{{ dimension }}' as dimension,
    {{ "'all'" if dimension == 'all' else dimension }} as dimension_value,
    {{ caller() | trim | indent }}
from {{ table }}
group by 1, 2, 3
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}
