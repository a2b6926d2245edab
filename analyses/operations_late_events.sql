-- How many events land too late for the morning's figures, and from which clients?
with events as (
    select * from {{ ref('fct_events') }}
)

select
    source,
    platform,
    count(*) as event_count,
    count(*) filter (where is_late) as late_count,
    count(*) filter (where is_late) / cast(count(*) as double) as late_share
from events
group by source, platform
order by late_share desc
