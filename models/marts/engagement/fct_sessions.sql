with sessions as (
    select * from {{ ref('int_sessions') }}
),

described_sessions as (
    select
        session_id,
        user_id,
        device_id,
        source,
        platform,
        app_version,
        entry_event_name,
        exit_event_name,
        user_id is not null as is_signed_in,
        event_count,
        {{ dbt.datediff('started_at', 'ended_at', 'second') }} as duration_seconds,
        {{ business_date('started_at') }} as session_date,
        started_at,
        ended_at
    from sessions
)

select * from described_sessions
