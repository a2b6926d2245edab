with active_users_daily as (
    select * from {{ ref('active_users_daily') }}
),

active_users_by_dimension as (
    select * from {{ ref('active_users_by_dimension_daily') }}
),

user_lifecycle_daily as (
    select * from {{ ref('user_lifecycle_daily') }}
),

funnel_conversions as (
    select * from {{ ref('funnel_conversions_daily') }}
),

{#
    An event after midnight may still say who was signed in before; whom a session before the
    sign-in belongs to may change for another horizon.
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

funnel_steps as (
    select
        entry_date as metric_date,
        case funnel_conversions.dimension
            when 'all' then 'funnel_step'
            else 'funnel_step_' || funnel_conversions.dimension
        end as dimension,
        funnel || ' ' || cast(step_number as varchar) || ' ' || event_name
        || case funnel_conversions.dimension
            when 'all' then ''
            else ', ' || funnel_conversions.dimension_value
        end as dimension_value,
        median_seconds_since_entry,
        window_days,
        window_days + 1 + {{ var('horizon_days') }} as whole_window_days
    from funnel_conversions
),

handwritten_metrics as (
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
        'new_users': {'numerator': 'new_users', 'window_days': 1},
        'returning_users': {'numerator': 'returning_users', 'window_days': 1},
        'resurrected_users': {'numerator': 'resurrected_users', 'window_days': 1},
    }) | indent }}
    union all
    {{ metric_rows('dimensioned_users', {
        'new_users': {'numerator': 'new_users', 'window_days': 'window_days'},
        'returning_users': {'numerator': 'returning_users', 'window_days': 'window_days'},
        'resurrected_users': {'numerator': 'resurrected_users', 'window_days': 'window_days'},
    }) | indent }}
    union all
    {{ metric_rows('funnel_steps', {
        'funnel_median_seconds': {
            'numerator': 'median_seconds_since_entry',
            'window_days': 'whole_window_days',
            'open_days': 'window_days',
        },
    }) | indent }}
)

select * from handwritten_metrics
