{%- set flows = ['new', 'returning', 'resurrected', 'newly_churned'] -%}
with user_platform_days as (
    select * from {{ ref('fct_user_days') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

platform_days as (
    select
        'platform' as dimension,
        platform as dimension_value,
        activity_date,
        lead(activity_date) over (
            partition by user_id, platform order by activity_date
        ) as next_activity_date,
        lifecycle_state,
        churn_date
    from user_platform_days
),

user_days as (
    select distinct
        user_id,
        acquisition_platform,
        acquisition_campaign,
        user_segment,
        lifecycle_state,
        activity_date,
        churn_date
    from user_platform_days
),

{#
    A user's acquisition never changes, so these dimensions take all of the user's days. The segment
    may change.
#}
user_day_pairs as (
    select
        *,
        lead(activity_date) over (
            partition by user_id order by activity_date
        ) as next_activity_date,
        lead(activity_date) over (
            partition by user_id, user_segment order by activity_date
        ) as next_segment_date
    from user_days
),

active_days as (
    select * from platform_days
    union all
    select
        'acquisition_platform' as dimension,
        acquisition_platform as dimension_value,
        activity_date,
        next_activity_date,
        lifecycle_state,
        churn_date
    from user_day_pairs
    union all
    select
        'acquisition_campaign' as dimension,
        acquisition_campaign as dimension_value,
        activity_date,
        next_activity_date,
        lifecycle_state,
        churn_date
    from user_day_pairs
    {%- if has_records_of('bank') %}
    union all
    select
        'user_segment' as dimension,
        user_segment as dimension_value,
        activity_date,
        next_segment_date as next_activity_date,
        lifecycle_state,
        churn_date
    from user_day_pairs
    {%- endif %}
),

daily_changes as (
    {{ active_user_changes('active_days', ['dimension', 'dimension_value']) | indent }}
),

value_states as (
    select
        dimension,
        dimension_value,
        lifecycle_state as state,
        activity_date as state_date
    from active_days
    union all
    select
        dimension,
        dimension_value,
        'newly_churned' as state,
        churn_date as state_date
    from active_days
    where churn_date is not null
),

daily_states as (
    select
        dimension,
        dimension_value,
        {%- for state in flows %}
        count(*) filter (where state = '{{ state }}') as {{ state }}_users,
        {%- endfor %}
        state_date
    from value_states
    group by dimension, dimension_value, state_date
),

dimension_values as (
    select distinct
        dimension,
        dimension_value
    from active_days
),

active_users as (
    select
        dimension_values.dimension,
        dimension_values.dimension_value,
        business_dates.business_date as activity_date,
        {%- for metric in ['dau', 'wau', 'mau'] %}
        cast(sum(coalesce(daily_changes.{{ metric }}_change, 0)) over (
            partition by dimension_values.dimension, dimension_values.dimension_value
            order by business_dates.business_date rows between unbounded preceding and current row
        ) as bigint) as {{ metric }},
        {%- endfor %}
        {%- for state in flows %}
        coalesce(daily_states.{{ state }}_users, 0) as {{ state }}_users,
        {%- endfor %}
        row_number() over value_dates >= 7 as is_wau_complete,
        row_number() over value_dates >= 28 as is_mau_complete
    from business_dates
    cross join dimension_values
    left join daily_changes
        on
            business_dates.business_date = daily_changes.change_date
            and dimension_values.dimension = daily_changes.dimension
            and dimension_values.dimension_value = daily_changes.dimension_value
    left join daily_states
        on
            business_dates.business_date = daily_states.state_date
            and dimension_values.dimension = daily_states.dimension
            and dimension_values.dimension_value = daily_states.dimension_value
    window value_dates as (
        partition by dimension_values.dimension, dimension_values.dimension_value
        order by business_dates.business_date
    )
),

active_users_by_dimension_daily as (
    select
        activity_date,
        dimension,
        dimension_value,
        dau,
        wau,
        mau,
        cast(dau as double) / nullif(mau, 0) as stickiness,
        {%- for state in flows %}
        {{ state }}_users,
        {%- endfor %}
        is_wau_complete,
        is_mau_complete
    from active_users
)

select * from active_users_by_dimension_daily
