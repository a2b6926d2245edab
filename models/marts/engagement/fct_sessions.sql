{{ config(**restated_config(
    unique_key=['session_id'],
    storage=partitioned_by('session_date'),
)) }}

with sessions as (
    select * from {{ ref('int_sessions') }}
),

session_identities as (
    select * from {{ ref('int_session_identities') }}
    {%- if is_incremental() %}
    where restatement_number > {{ watermark() }}
    {%- endif %}
),

described_sessions as (
    select
        sessions.session_id,
        sessions.user_id,
        session_identities.stitched_user_id,
        session_identities.identity_basis,
        sessions.device_id,
        sessions.campaign_id,
        sessions.source,
        sessions.platform,
        sessions.app_version,
        sessions.entry_event_name,
        sessions.exit_event_name,
        sessions.user_id is not null as is_signed_in,
        sessions.event_count,
        {{ elapsed('second', 'sessions.started_at', 'sessions.ended_at') }} as duration_seconds,
        {{ business_date('sessions.started_at') }} as session_date,
        sessions.started_at,
        sessions.ended_at
    from sessions
    inner join session_identities on sessions.session_id = session_identities.session_id
)

select * from described_sessions
