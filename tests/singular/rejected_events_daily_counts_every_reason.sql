-- Fails on every reason that rejected_events_daily does not count as often as rejected events have
-- it.
with events as (
    select
        reasons.reason,
        count(*) as event_count
    from {{ ref('fct_rejected_events') }} as rejected_events
    cross join unnest(rejected_events.violations) as reasons (reason)
    group by 1
),

days as (
    select
        reason,
        sum(reason_count) as reason_count
    from {{ ref('rejected_events_daily') }}
    group by 1
)

select
    events.reason as event_reason,
    days.reason as day_reason,
    events.event_count,
    days.reason_count
from events
full outer join days on events.reason = days.reason
where coalesce(events.event_count, -1) <> coalesce(days.reason_count, -1)
