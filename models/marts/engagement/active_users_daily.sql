with user_days as (
    select * from {{ ref('int_user_days') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

active_days as (
    select
        activity_date,
        lead(activity_date) over (partition by user_id order by activity_date) as next_activity_date
    from user_days
),

{#
    An active day counts its user for the days of the window that follow, until the user's next
    active day takes over: so a user is counted once on each date, and one pass over the user-days
    gives every window.
#}
count_changes as (
    select
        activity_date as change_date,
        1 as dau_change,
        1 as wau_change,
        1 as mau_change
    from active_days
    union all
    select
        {{ window_end(1) }} as change_date,
        -1 as dau_change,
        0 as wau_change,
        0 as mau_change
    from active_days
    union all
    select
        {{ window_end(7) }} as change_date,
        0 as dau_change,
        -1 as wau_change,
        0 as mau_change
    from active_days
    union all
    select
        {{ window_end(28) }} as change_date,
        0 as dau_change,
        0 as wau_change,
        -1 as mau_change
    from active_days
),

daily_changes as (
    select
        change_date,
        sum(dau_change) as dau_change,
        sum(wau_change) as wau_change,
        sum(mau_change) as mau_change
    from count_changes
    group by change_date
),

active_users as (
    select
        business_dates.business_date as activity_date,
        {%- for metric in ['dau', 'wau', 'mau'] %}
        cast(sum(coalesce(daily_changes.{{ metric }}_change, 0)) over (
            order by business_dates.business_date rows between unbounded preceding and current row
        ) as bigint) as {{ metric }},
        {%- endfor %}
        row_number() over (order by business_dates.business_date) >= 7 as is_wau_complete,
        row_number() over (order by business_dates.business_date) >= 28 as is_mau_complete
    from business_dates
    left join daily_changes on business_dates.business_date = daily_changes.change_date
),

active_users_daily as (
    select
        activity_date,
        dau,
        wau,
        mau,
        cast(dau as double) / nullif(mau, 0) as stickiness,
        is_wau_complete,
        is_mau_complete
    from active_users
)

select * from active_users_daily
