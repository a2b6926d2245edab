with rejected_events as (
    select * from {{ ref('int_rejected_events') }}
),

masked_events as (
    select
        landing_file,
        line_number,
        event_id,
        cast(null as varchar) as session_id,
        user_id,
        user_id as stitched_user_id,
        device_id,
        source,
        {{ shown_name('event_name') | indent(8) }} as event_name,
        {{ shown_name('platform') | indent(8) }} as platform,
        {{ shown_name('app_version') | indent(8) }} as app_version,
        is_activity,
        is_bot,
        is_late,
        {{ mask_properties('properties') | indent(8) }} as properties,
        landed_date,
        {{ business_date('occurred_at') }} as event_date,
        occurred_at,
        received_at,
        violations,
        warnings,
        plan_hash,
        {{ mask_text('raw_line') | indent(8) }} as masked_line
    from rejected_events
)

select * from masked_events
