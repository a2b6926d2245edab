with sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
),

judged_events as (
    select * from {{ ref('int_judged_events') }}
),

{# Only a session's opening event says what led to it. #}
opening_events as (
    select
        sessionized_events.session_id,
        {{ json_text_at('judged_events.properties', "'campaignId'") }} as campaign_id
    from sessionized_events
    inner join judged_events
        on
            sessionized_events.landing_file = judged_events.landing_file
            and sessionized_events.line_number = judged_events.line_number
    where sessionized_events.session_event_number = 1
),

sessions as (
    select
        session_id,
        source,
        max(session_user_id) as user_id,
        max(device_id) as device_id,
        min_by(platform, session_event_number) as platform,
        min_by(app_version, session_event_number) as app_version,
        min_by(event_name, session_event_number) as entry_event_name,
        max_by(event_name, session_event_number) as exit_event_name,
        count(*) as event_count,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at
    from sessionized_events
    group by session_id, source
),

sessions_with_campaigns as (
    select
        sessions.session_id,
        sessions.source,
        sessions.user_id,
        sessions.device_id,
        opening_events.campaign_id,
        sessions.platform,
        sessions.app_version,
        sessions.entry_event_name,
        sessions.exit_event_name,
        sessions.event_count,
        sessions.started_at,
        sessions.ended_at
    from sessions
    inner join opening_events on sessions.session_id = opening_events.session_id
)

select * from sessions_with_campaigns
