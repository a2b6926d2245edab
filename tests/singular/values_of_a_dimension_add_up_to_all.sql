{#
    Fails on a date of an additive metric whose values of a dimension do not add up to the total,
    by numerator or denominator.
#}
with metrics_daily as (
    select * from {{ ref('metrics_daily') }}
    where parts_additive_over in ('dimension', 'dates and dimension')
),

totals as (
    select * from metrics_daily
    where dimension = 'all'
),

summed_values as (
    select
        metric,
        metric_date,
        dimension,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from metrics_daily
    where dimension <> 'all'
    group by metric, metric_date, dimension
)

select
    summed_values.metric,
    summed_values.metric_date,
    summed_values.dimension,
    summed_values.numerator,
    totals.numerator as total_numerator,
    summed_values.denominator,
    totals.denominator as total_denominator
from summed_values
left join totals
    on
        summed_values.metric = totals.metric
        and summed_values.metric_date = totals.metric_date
where
    totals.metric is null
    {# The order of addition changes the last digits of doubles: twelve digits are compared. #}
    {%- for part in ['numerator', 'denominator'] %}
    or (summed_values.{{ part }} is null) <> (totals.{{ part }} is null)
    or abs(summed_values.{{ part }} - totals.{{ part }}) > abs(totals.{{ part }}) * 1e-12
    {%- endfor %}
