-- At which hours of the day do sessions start, so that we know when not to release?
with sessions as (
    select
        session_id,
        extract(hour from started_at) as utc_hour
    from {{ ref('fct_sessions') }}
)

select
    utc_hour,
    count(*) as session_count
from sessions
group by utc_hour
order by session_count desc
