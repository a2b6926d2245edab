with last_days as (
    select max(activity_date) as last_date from marts.fct_user_days
),

last_visits as (
    select
        user_id,
        max(activity_date) as last_active_date
    from marts.fct_user_days
    group by user_id
)

select last_visits.user_id
from last_visits
cross join last_days
inner join marts.dim_users on last_visits.user_id = dim_users.user_id
where
    last_visits.last_active_date between last_days.last_date - 27 and last_days.last_date - 14
    and dim_users.user_status <> 'closed'
