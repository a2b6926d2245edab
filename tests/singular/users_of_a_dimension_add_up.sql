-- Fails on every date on which the users of an acquisition dimension, one value each, are not the
-- active users, or a platform's or a segment's users are more than they, or whose windows are not
-- as complete; and where those who were in one segment on the date, or their states, are not all.
with active_users as (
    select * from {{ ref('active_users_daily') }}
),

lifecycle as (
    select * from {{ ref('user_lifecycle_daily') }}
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
        sum(new_users) as new_users,
        sum(returning_users) as returning_users,
        sum(resurrected_users) as resurrected_users,
        sum(newly_churned_users) as newly_churned_users,
        max(dau) as largest_dau,
        max(wau) as largest_wau,
        max(mau) as largest_mau,
        max(newly_churned_users) as largest_newly_churned,
        min(case when is_wau_complete then 1 else 0 end) = 1 as is_wau_complete,
        min(case when is_mau_complete then 1 else 0 end) = 1 as is_mau_complete
    from active_users_by_dimension
    group by activity_date, dimension
),

compared_dates as (
    select
        added_values.activity_date,
        added_values.dimension,
        added_values.wau = active_users.wau
        and added_values.mau = active_users.mau as is_equal_in_windows,
        added_values.dau = active_users.dau
        and added_values.new_users = lifecycle.new_users
        and added_values.returning_users = lifecycle.returning_users
        and added_values.resurrected_users = lifecycle.resurrected_users
        and added_values.newly_churned_users = lifecycle.newly_churned_users
            as is_equal_on_date,
        added_values.dau >= active_users.dau
        and added_values.wau >= active_users.wau
        and added_values.mau >= active_users.mau
        and added_values.new_users >= lifecycle.new_users
        and added_values.resurrected_users >= lifecycle.resurrected_users
        and added_values.newly_churned_users >= lifecycle.newly_churned_users
        and added_values.largest_dau <= active_users.dau
        and added_values.largest_wau <= active_users.wau
        and added_values.largest_mau <= active_users.mau
        and added_values.largest_newly_churned <= lifecycle.newly_churned_users
        and added_values.is_wau_complete = active_users.is_wau_complete
        and added_values.is_mau_complete = active_users.is_mau_complete as is_within
    from added_values
    inner join active_users on added_values.activity_date = active_users.activity_date
    inner join lifecycle on added_values.activity_date = lifecycle.activity_date
)

select * from compared_dates
where
    not is_within
    or (dimension <> 'platform' and not is_equal_on_date)
    or (dimension not in ('platform', 'user_segment') and not is_equal_in_windows)
