with active_users_daily as (
    select * from {{ ref('active_users_daily') }}
),

active_users_by_dimension as (
    select * from {{ ref('active_users_by_dimension_daily') }}
),

user_lifecycle_daily as (
    select * from {{ ref('user_lifecycle_daily') }}
),

retention_cohorts as (
    select * from {{ ref('retention_cohorts') }}
),

funnel_conversions as (
    select * from {{ ref('funnel_conversions_daily') }}
),

funnels as (
    select * from {{ ref('funnels') }}
),

{#
    An event after midnight may still identify the user of a session, and the user of an anonymous
    session may change for one more horizon.
#}
dimensioned_users as (
    select
        *,
        activity_date as metric_date,
        case
            when dimension in ('platform', 'user_segment') then 1
            else 1 + {{ var('horizon_days') }}
        end as window_days
    from active_users_by_dimension
),

active_users as (
    select
        activity_date as metric_date,
        'all' as dimension,
        'all' as dimension_value,
        dau,
        wau,
        mau,
        1 as window_days,
        is_wau_complete,
        is_mau_complete
    from active_users_daily
    union all
    select
        metric_date,
        dimension,
        dimension_value,
        dau,
        wau,
        mau,
        window_days,
        is_wau_complete,
        is_mau_complete
    from dimensioned_users
),

lifecycle as (
    select
        *,
        activity_date as metric_date,
        'all' as dimension,
        'all' as dimension_value
    from user_lifecycle_daily
),

daily_cohorts as (
    select
        *,
        cohort_date as metric_date,
        'all' as dimension,
        'all' as dimension_value
    from retention_cohorts
    where period = 'day'
),

{%- for days in [1, 7, 30] %}

day_{{ days }}_cohorts as (
    select * from daily_cohorts
    where period_number = {{ days }}
),
{%- endfor %}

funnel_windows as (
    select
        funnel,
        max(cast(ceil(cast(window_hours as double) / 24) as bigint)) as window_days
    from funnels
    group by funnel
),

funnel_steps as (
    select
        funnel_conversions.*,
        funnel_conversions.entry_date as metric_date,
        'funnel_step' as dimension,
        funnel_conversions.funnel || ' ' || cast(funnel_conversions.step_number as varchar) || ' '
        || funnel_conversions.event_name as dimension_value,
        funnel_windows.window_days + 1 + {{ var('horizon_days') }} as window_days
    from funnel_conversions
    inner join funnel_windows on funnel_conversions.funnel = funnel_windows.funnel
),

growth_metrics as (
    {{ metric_rows('active_users', {
        'daily_active_users': {'numerator': 'dau', 'window_days': 'window_days'},
        'weekly_active_users': {
            'numerator': 'wau',
            'window_days': 'window_days',
            'has_whole_window': 'is_wau_complete',
        },
        'monthly_active_users': {
            'numerator': 'mau',
            'window_days': 'window_days',
            'has_whole_window': 'is_mau_complete',
        },
        'stickiness': {
            'numerator': 'dau',
            'denominator': 'mau',
            'window_days': 'window_days',
            'has_whole_window': 'is_mau_complete',
        },
    }) | indent }}
    union all
    {{ metric_rows('lifecycle', {
        'known_users': {'numerator': 'known_users', 'window_days': 1},
        'new_users': {'numerator': 'new_users', 'window_days': 1},
        'returning_users': {'numerator': 'returning_users', 'window_days': 1},
        'resurrected_users': {'numerator': 'resurrected_users', 'window_days': 1},
        'idle_users': {'numerator': 'idle_users', 'window_days': 1},
        'churned_users': {'numerator': 'churned_users', 'window_days': 1},
        'newly_churned_users': {'numerator': 'newly_churned_users', 'window_days': 1},
    }) | indent }}
    union all
    {{ metric_rows('dimensioned_users', {
        'new_users': {'numerator': 'new_users', 'window_days': 'window_days'},
        'returning_users': {'numerator': 'returning_users', 'window_days': 'window_days'},
        'resurrected_users': {'numerator': 'resurrected_users', 'window_days': 'window_days'},
    }) | indent }}
    {%- for days in [1, 7, 30] %}
    union all
    {{ metric_rows('day_' ~ days ~ '_cohorts', {
        'retention_day_' ~ days: {
            'numerator': 'retained_user_count',
            'denominator': 'cohort_user_count',
            'window_days': days + 1,
            'has_whole_window': 'is_complete',
        },
    }) | indent }}
    {%- endfor %}
    union all
    {{ metric_rows('funnel_steps', {
        'funnel_visitors': {'numerator': 'visitor_count', 'window_days': 'window_days'},
        'funnel_conversion_rate': {
            'numerator': 'visitor_count',
            'denominator': 'entered_visitor_count',
            'window_days': 'window_days',
        },
        'funnel_step_conversion_rate': {
            'numerator': 'visitor_count',
            'denominator': 'visitor_count + lost_visitor_count',
            'window_days': 'window_days',
        },
        'funnel_median_seconds': {
            'numerator': 'median_seconds_since_entry',
            'window_days': 'window_days',
        },
    }) | indent }}
)

select * from growth_metrics
