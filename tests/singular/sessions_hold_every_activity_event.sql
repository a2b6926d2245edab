-- Fails when the events that people caused are not all in sessions, each once, or when another
-- event is.
with events as (
    select
        count(*) filter (
            where is_activity and not is_bot and coalesce(device_id, user_id) is not null
        ) as activity_event_count,
        count(session_id) as session_event_count
    from {{ ref('fct_events') }}
),

sessions as (
    select coalesce(sum(event_count), 0) as counted_event_count
    from {{ ref('fct_sessions') }}
)

select
    events.activity_event_count,
    events.session_event_count,
    sessions.counted_event_count
from events
cross join sessions
where
    events.activity_event_count <> events.session_event_count
    or events.activity_event_count <> sessions.counted_event_count
