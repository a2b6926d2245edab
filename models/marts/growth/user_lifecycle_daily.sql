{%- set flows = ['new', 'returning', 'resurrected', 'newly_churned'] -%}
{%- set stocks = ['idle', 'churned'] -%}
with user_days as (
    select * from {{ ref('int_user_days') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

active_days as (
    {{ neighbouring_days('user_days') | indent }}
),

{#
    How an active day changes the counts. On the day itself its user is new, returning or
    resurrected. From the next day on they are idle; after churn_after_days they are churned. The
    next active day ends either state.
#}
count_changes as (
    select
        activity_date as change_date,
        {{ lifecycle_state() | indent(8) }} as state,
        1 as user_change
    from active_days
    union all
    select
        {{ dbt.dateadd('day', 1, 'activity_date') }} as change_date,
        'idle' as state,
        1 as user_change
    from active_days
    union all
    select
        least(coalesce(next_activity_date, churn_date), churn_date) as change_date,
        'idle' as state,
        -1 as user_change
    from active_days
    union all
    select
        churn_date as change_date,
        'churned' as state,
        1 as user_change
    from active_days
    where next_activity_date is null or next_activity_date > churn_date
    union all
    select
        churn_date as change_date,
        'newly_churned' as state,
        1 as user_change
    from active_days
    where next_activity_date is null or next_activity_date > churn_date
    union all
    select
        next_activity_date as change_date,
        'churned' as state,
        -1 as user_change
    from active_days
    where next_activity_date > churn_date
),

daily_changes as (
    select
        {%- for state in flows + stocks %}
        sum(case when state = '{{ state }}' then user_change else 0 end) as {{ state }}_change,
        {%- endfor %}
        change_date
    from count_changes
    group by change_date
),

daily_states as (
    select
        business_dates.business_date as activity_date,
        {%- for state in flows %}
        cast(coalesce(daily_changes.{{ state }}_change, 0) as bigint) as {{ state }}_users,
        {%- endfor %}
        {%- for state in stocks %}
        cast(sum(coalesce(daily_changes.{{ state }}_change, 0)) over (
            order by business_dates.business_date rows between unbounded preceding and current row
        ) as bigint) as {{ state }}_users,
        {%- endfor %}
        cast(sum(coalesce(daily_changes.new_change, 0)) over (
            order by business_dates.business_date rows between unbounded preceding and current row
        ) as bigint) as known_users
    from business_dates
    left join daily_changes on business_dates.business_date = daily_changes.change_date
),

user_lifecycle_daily as (
    select
        activity_date,
        known_users,
        new_users + returning_users + resurrected_users as active_users,
        new_users,
        returning_users,
        resurrected_users,
        idle_users,
        churned_users,
        newly_churned_users
    from daily_states
)

select * from user_lifecycle_daily
