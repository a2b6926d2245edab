-- Fails when the active users of the last date are not the distinct users of the user-days in each
-- window.
with last_date as (
    select * from {{ ref('active_users_daily') }}
    where activity_date = (select max(activity_date) from {{ ref('active_users_daily') }})
),

counted as (
    select
        last_date.dau,
        last_date.wau,
        last_date.mau,
        count(distinct case
            when last_date.activity_date = user_days.activity_date then user_days.user_id
        end) as daily_users,
        count(distinct case
            when last_date.activity_date < {{ dbt.dateadd('day', 7, 'user_days.activity_date') }}
                then user_days.user_id
        end) as weekly_users,
        count(distinct user_days.user_id) as monthly_users
    from last_date
    left join {{ ref('int_user_days') }} as user_days
        on
            last_date.activity_date >= user_days.activity_date
            and last_date.activity_date < {{ dbt.dateadd('day', 28, 'user_days.activity_date') }}
    group by last_date.dau, last_date.wau, last_date.mau
)

select * from counted
where dau <> daily_users or wau <> weekly_users or mau <> monthly_users
