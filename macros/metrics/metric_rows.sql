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
    A table counted by date, and by date and each of some dimensions.

    in:  table, a CTE; date_column; dimensions, columns of it without nulls; what is counted, the
         columns of a select, as the body of the call
    out: a query: metric_date, dimension (its name, `all` for the totals), dimension_value and what
         is counted
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
