{{ config(**restated_config(
    unique_key=['session_id'],
    storage=partitioned_by('day(started_at)'),
)) }}

{#
    An increment of int_sessionized_events writes whole visits again, so the events above the
    watermark are all events of their sessions.
#}
with sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
    {%- if is_incremental() %}
    where restatement_number > {{ watermark() }}
    {%- endif %}
),

{# A session's campaign is that of its opening event; a campaign of a later event does not count. #}
sessions as (
    select
        session_id,
        source,
        max(session_user_id) as user_id,
        max(device_id) as device_id,
        max(case when session_event_number = 1 then campaign_id end) as campaign_id,
        min_by(platform, session_event_number) filter (where platform is not null) as platform,
        min_by(app_version, session_event_number) filter (where app_version is not null)
            as app_version,
        min_by(event_name, session_event_number) as entry_event_name,
        max_by(event_name, session_event_number) as exit_event_name,
        count(*) as event_count,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        max(restatement_number) as restatement_number
    from sessionized_events
    group by session_id, source
)

select * from sessions
