-- Fails on every date on which the users of an acquisition dimension, one value each, are not the
-- active users, or a platform's users are more than they.
with active_users as (
    select * from {{ ref('active_users_daily') }}
),

active_users_by_dimension as (
    select * from {{ ref('active_users_by_dimension_daily') }}
),

added_values as (
    select
        activity_date,
        dimension,
        sum(dau) as dau,
        sum(wau) as wau,
        sum(mau) as mau,
        max(dau) as largest_dau,
        max(wau) as largest_wau,
        max(mau) as largest_mau
    from active_users_by_dimension
    group by activity_date, dimension
),

compared_dates as (
    select
        added_values.activity_date,
        added_values.dimension,
        added_values.dau = active_users.dau
        and added_values.wau = active_users.wau
        and added_values.mau = active_users.mau as is_equal,
        added_values.largest_dau <= active_users.dau
        and added_values.largest_wau <= active_users.wau
        and added_values.largest_mau <= active_users.mau as is_at_most
    from added_values
    inner join active_users on added_values.activity_date = active_users.activity_date
)

select * from compared_dates
where not is_at_most or (dimension <> 'platform' and not is_equal)
