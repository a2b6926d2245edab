{{ config(**restated_config(
    unique_key=['landing_file', 'line_number'],
    storage=partitioned_by('event_date', sorted_by=['event_name']),
)) }}

with judged_events as (
    select * from {{ ref('int_judged_events') }}
    {%- if is_incremental() %}
    where restatement_number > {{ watermark() }}
    {%- endif %}
),

sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
    {%- if is_incremental() %}
    where restatement_number > {{ watermark() }}
    {%- endif %}
),

session_identities as (
    select * from {{ ref('int_session_identities') }}
),

valid_events as (
    select
        judged_events.landing_file,
        judged_events.line_number,
        judged_events.event_id,
        sessionized_events.session_id,
        judged_events.user_id,
        coalesce(session_identities.stitched_user_id, judged_events.user_id) as stitched_user_id,
        judged_events.device_id,
        judged_events.source,
        judged_events.event_name,
        judged_events.platform,
        judged_events.app_version,
        judged_events.is_activity,
        judged_events.is_bot,
        judged_events.is_late,
        judged_events.properties,
        judged_events.landed_date,
        judged_events.event_date,
        judged_events.occurred_at,
        judged_events.received_at
    from judged_events
    left join sessionized_events
        on
            judged_events.landing_file = sessionized_events.landing_file
            and judged_events.line_number = sessionized_events.line_number
    left join session_identities
        on sessionized_events.session_id = session_identities.session_id
    where judged_events.outcome = 'valid'
)

select * from valid_events
