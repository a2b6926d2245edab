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

daily_changes as (
    {{ active_user_changes('active_days') | indent }}
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
