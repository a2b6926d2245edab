-- At which hours of the day do sessions start, so that we know when not to release?
with sessions as (
    select * from {{ ref('fct_sessions') }}
)

select
    extract(hour from started_at) as utc_hour,
    count(*) as session_count
from sessions
group by 1
order by session_count desc
