{{ config(pre_hook='{{ check_metric_targets() }}') }}

with targets as (
    select * from {{ ref('metric_targets') }}
),

metrics_daily as (
    select * from {{ ref('metrics_daily') }}
    where dimension = 'all'
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

last_date as (
    select max(business_date) as last_business_date
    from business_dates
),

monthly_values as (
    select
        metric,
        cast({{ dbt.date_trunc('month', 'metric_date') }} as date) as month_start_date,
        case
            when parts_additive_over in ('dates', 'dates and dimension') then 'sum of dates'
            else 'last date'
        end as actual_is,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        max(metric_date) as last_metric_date
    from metrics_daily
    group by 1, 2, 3
),

compared_targets as (
    select
        targets.metric,
        targets.month_start_date,
        targets.target,
        monthly_values.actual_is,
        case
            when monthly_values.actual_is = 'last date' then metrics_daily.value
            when monthly_values.denominator is null then monthly_values.numerator
            else monthly_values.numerator / nullif(monthly_values.denominator, 0)
        end as actual,
        monthly_values.last_metric_date,
        {{ dbt.dateadd('month', 1, 'targets.month_start_date') }}
        <= last_date.last_business_date as is_month_over
    from targets
    cross join last_date
    left join monthly_values
        on
            targets.metric = monthly_values.metric
            and targets.month_start_date = monthly_values.month_start_date
    left join metrics_daily
        on
            monthly_values.metric = metrics_daily.metric
            and monthly_values.last_metric_date = metrics_daily.metric_date
),

metric_targets_monthly as (
    select
        metric,
        month_start_date,
        target,
        actual,
        actual / nullif(target, 0) as attainment,
        actual_is,
        last_metric_date,
        is_month_over
    from compared_targets
)

select * from metric_targets_monthly
