-- How many people finish signing up on a day?
with events as (
    select * from {{ ref('fct_events') }}
    where event_name = 'signup_completed' and not is_bot
)

select
    event_date,
    count(distinct user_id) as user_count
from events
group by event_date
order by event_date
