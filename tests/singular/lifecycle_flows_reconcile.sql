-- Fails on every date whose known or churned users are not those of the date before and what came
-- and went, or whose active users are not those of active_users_daily.
with lifecycle as (
    select * from {{ ref('user_lifecycle_daily') }}
),

active_users as (
    select * from {{ ref('active_users_daily') }}
),

compared_dates as (
    select
        lifecycle.*,
        active_users.dau,
        lag(lifecycle.known_users, 1, 0) over date_order as known_users_before,
        lag(lifecycle.churned_users, 1, 0) over date_order as churned_users_before
    from lifecycle
    full outer join active_users on lifecycle.activity_date = active_users.activity_date
    window date_order as (order by lifecycle.activity_date)
)

select * from compared_dates
where
    not coalesce(
        known_users = known_users_before + new_users
        and churned_users = churned_users_before + newly_churned_users - resurrected_users
        and active_users = dau,
        false
    )
