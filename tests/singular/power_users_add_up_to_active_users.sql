-- Fails on every date on which the users of the power-user curve of 7 dates are not the weekly
-- active users, or those of 28 the monthly ones, or whose windows are not as complete.
with curve as (
    select
        activity_date,
        window_days,
        sum(user_count) as user_count,
        min(case when is_window_complete then 1 else 0 end) = 1 as is_window_complete
    from {{ ref('power_user_curve_daily') }}
    group by activity_date, window_days
),

active_users as (
    select * from {{ ref('active_users_daily') }}
)

select
    active_users.activity_date,
    curve.window_days
from active_users
left join curve on active_users.activity_date = curve.activity_date
where
    not coalesce(
        curve.user_count = case curve.window_days
            when 7 then active_users.wau
            else active_users.mau
        end
        and curve.is_window_complete = case curve.window_days
            when 7 then active_users.is_wau_complete
            else active_users.is_mau_complete
        end,
        false
    )
