-- On how many days of a month does the average active user come?
with active_users as (
    select * from {{ ref('active_users_daily') }}
    where is_mau_complete
)

select
    {{ dbt.date_trunc('month', 'activity_date') }} as month,
    avg(stickiness) as average_stickiness,
    avg(stickiness) * 28 as average_days_of_28
from active_users
group by 1
order by 1
