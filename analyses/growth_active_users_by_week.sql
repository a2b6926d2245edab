-- How many people use the product in a week, and is it growing?
with active_users as (
    select * from {{ ref('active_users_daily') }}
),

weeks as (
    select
        activity_date as week_ending,
        wau,
        lag(wau) over (order by activity_date) as wau_before
    from active_users
    where extract(dow from activity_date) = 0 and is_wau_complete
)

select
    week_ending,
    wau,
    wau - wau_before as change
from weeks
order by week_ending
