-- Fails on every date on which the users of the power-user curve of 7 dates are not the weekly
-- active users, or those of 28 the monthly ones, or whose windows are not as complete.
with curve as (
    select * from {{ ref('power_user_curve_daily') }}
),

active_users as (
    select
        activity_date,
        7 as window_days,
        wau as user_count,
        is_wau_complete as is_window_complete
    from {{ ref('active_users_daily') }}
    union all
    select
        activity_date,
        28 as window_days,
        mau as user_count,
        is_mau_complete as is_window_complete
    from {{ ref('active_users_daily') }}
),

summed_curve as (
    select
        activity_date,
        window_days,
        sum(user_count) as user_count,
        min(case when is_window_complete then 1 else 0 end) = 1 as is_window_complete
    from curve
    group by activity_date, window_days
)

select
    active_users.activity_date,
    active_users.window_days
from active_users
left join summed_curve
    on
        active_users.activity_date = summed_curve.activity_date
        and active_users.window_days = summed_curve.window_days
where
    active_users.user_count <> coalesce(summed_curve.user_count, 0)
    or active_users.is_window_complete <> summed_curve.is_window_complete
