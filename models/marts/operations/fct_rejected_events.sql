with rejected_events as (
    select * from {{ ref('int_rejected_events') }}
),

described_events as (
    select
        landing_file,
        line_number,
        event_id,
        cast(null as varchar) as session_id,
        user_id,
        user_id as stitched_user_id,
        device_id,
        source,
        event_name,
        platform,
        app_version,
        is_activity,
        is_bot,
        is_late,
        masked_properties as properties,
        landed_date,
        event_date,
        occurred_at,
        received_at,
        violations,
        warnings,
        plan_hash,
        masked_line
    from rejected_events
)

select * from described_events
