{%- set periods = ['day', 'week', 'month'] -%}
{%- set dimensions = ['acquisition_platform', 'acquisition_campaign', 'user_segment'] -%}
with user_days as (
    select * from {{ ref('int_user_days') }}
),

new_users as (
    select * from {{ ref('fct_new_users') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

last_date as (
    select max(business_date) as last_business_date
    from business_dates
),

{# The periods in which each user was active, counted from the user's first. #}
period_activity as (
    {%- for period in periods %}
    select distinct
        '{{ period }}' as period,
        user_days.user_id,
        {%- for dimension in dimensions %}
        new_users.{{ dimension }},
        {%- endfor %}
        cast({{ dbt.date_trunc(period, 'new_users.first_active_date') }} as date)
            as cohort_date,
        {{ dbt.datediff(
            dbt.date_trunc(period, 'new_users.first_active_date'),
            dbt.date_trunc(period, 'user_days.activity_date'),
            period
        ) }} as period_number
    from user_days
    inner join new_users on user_days.user_id = new_users.user_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

last_periods as (
    select
        period,
        user_id,
        {%- for dimension in dimensions %}
        {{ dimension }},
        {%- endfor %}
        cohort_date,
        max(period_number) as period_number
    from period_activity
    group by period, user_id, {{ dimensions | join(', ') }}, cohort_date
),

split_activity as (
    {{ split_by_dimension('period_activity', dimensions) | indent }}
),

split_periods as (
    {{ split_by_dimension('last_periods', dimensions) | indent }}
),

cohorts as (
    select
        period,
        cohort_date,
        dimension,
        dimension_value,
        count(*) as cohort_user_count
    from split_periods
    group by period, cohort_date, dimension, dimension_value
),

{#
    Every period of a cohort that has begun, those without a retained user included. Where the
    cohort is older than the first business date, its period 0 comes from the cohort itself.
#}
cohort_periods as (
    {%- for period in periods %}
    select
        cohorts.period,
        cohorts.cohort_date,
        cohorts.dimension,
        cohorts.dimension_value,
        cohorts.cohort_user_count,
        cast({{ dbt.date_trunc(period, 'business_dates.business_date') }} as date)
            as period_start_date,
        {{ dbt.datediff(
            'cohorts.cohort_date', dbt.date_trunc(period, 'business_dates.business_date'), period
        ) }} as period_number
    from cohorts
    inner join business_dates on cohorts.cohort_date <= business_dates.business_date
    where
        cohorts.period = '{{ period }}'
        and business_dates.business_date
        = cast({{ dbt.date_trunc(period, 'business_dates.business_date') }} as date)
    union all
    select
        cohorts.period,
        cohorts.cohort_date,
        cohorts.dimension,
        cohorts.dimension_value,
        cohorts.cohort_user_count,
        cohorts.cohort_date as period_start_date,
        0 as period_number
    from cohorts
    where
        cohorts.period = '{{ period }}'
        and cohorts.cohort_date < (select min(business_date) from business_dates)
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

retained_users as (
    select
        period,
        cohort_date,
        period_number,
        dimension,
        dimension_value,
        count(*) as retained_user_count
    from split_activity
    group by period, cohort_date, period_number, dimension, dimension_value
),

lost_users as (
    select
        period,
        cohort_date,
        period_number,
        dimension,
        dimension_value,
        count(*) as lost_user_count
    from split_periods
    group by period, cohort_date, period_number, dimension, dimension_value
),

counted_periods as (
    select
        cohort_periods.period,
        cohort_periods.cohort_date,
        cohort_periods.period_number,
        cohort_periods.dimension,
        cohort_periods.dimension_value,
        cohort_periods.cohort_user_count,
        coalesce(retained_users.retained_user_count, 0) as retained_user_count,
        {#- The cohort without the users whose last active period is an earlier one. -#}
        cohort_periods.cohort_user_count - coalesce(cast(sum(lost_users.lost_user_count) over (
            partition by
                cohort_periods.period,
                cohort_periods.cohort_date,
                cohort_periods.dimension,
                cohort_periods.dimension_value
            order by cohort_periods.period_number
            rows between unbounded preceding and 1 preceding
        ) as bigint), 0) as unbounded_retained_user_count,
        cohort_periods.period_start_date
    from cohort_periods
    left join retained_users
        on
            cohort_periods.period = retained_users.period
            and cohort_periods.cohort_date = retained_users.cohort_date
            and cohort_periods.period_number = retained_users.period_number
            and cohort_periods.dimension = retained_users.dimension
            and cohort_periods.dimension_value = retained_users.dimension_value
    left join lost_users
        on
            cohort_periods.period = lost_users.period
            and cohort_periods.cohort_date = lost_users.cohort_date
            and cohort_periods.period_number = lost_users.period_number
            and cohort_periods.dimension = lost_users.dimension
            and cohort_periods.dimension_value = lost_users.dimension_value
),

retention_cohorts as (
    select
        counted_periods.period,
        counted_periods.cohort_date,
        counted_periods.period_number,
        counted_periods.dimension,
        counted_periods.dimension_value,
        counted_periods.cohort_user_count,
        counted_periods.retained_user_count,
        counted_periods.unbounded_retained_user_count,
        cast(counted_periods.retained_user_count as double)
        / counted_periods.cohort_user_count as retention_rate,
        cast(counted_periods.unbounded_retained_user_count as double)
        / counted_periods.cohort_user_count as unbounded_retention_rate,
        case counted_periods.period
            {%- for period in periods %}
            when '{{ period }}'
                then {{ dbt.dateadd(period, 1, 'counted_periods.period_start_date') }}
            {%- endfor %}
        end <= last_date.last_business_date as is_complete,
        counted_periods.period_start_date
    from counted_periods
    cross join last_date
)

select * from retention_cohorts
