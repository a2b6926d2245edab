with judged_events as (
    select * from {{ ref('int_judged_events') }}
),

{# Unplanned lines have no event name here, whatever name they carry. #}
landed_events as (
    select
        source,
        case
            when {{ list_contains('violations', "'unplanned_event'") }} then null
            else event_name
        end as event_name,
        platform,
        app_version,
        outcome,
        is_late,
        event_date,
        received_date,
        occurred_at,
        received_at
    from judged_events
    where outcome in ('valid', 'rejected')
),

occurrences as (
    select
        source,
        event_name,
        platform,
        app_version,
        event_date as business_date,
        count(*) as event_count,
        0 as received_count,
        0 as rejected_count,
        0 as late_count,
        cast(null as bigint) as longest_lag_seconds,
        cast(null as timestamp) as first_received_at,
        cast(null as timestamp) as last_received_at
    from landed_events
    where outcome = 'valid'
    group by 1, 2, 3, 4, 5
),

receipts as (
    select
        source,
        event_name,
        platform,
        app_version,
        received_date as business_date,
        0 as event_count,
        count(*) as received_count,
        count(*) filter (where outcome = 'rejected') as rejected_count,
        count(*) filter (where is_late) as late_count,
        max({{ elapsed('second', 'occurred_at', 'received_at') }}) as longest_lag_seconds,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at
    from landed_events
    group by 1, 2, 3, 4, 5
),

occurrences_and_receipts as (
    select * from occurrences
    union all
    select * from receipts
),

ingestion_days as (
    select
        source,
        event_name,
        platform,
        app_version,
        business_date,
        cast(sum(event_count) as bigint) as event_count,
        cast(sum(received_count) as bigint) as received_count,
        cast(sum(rejected_count) as bigint) as rejected_count,
        cast(sum(late_count) as bigint) as late_count,
        max(longest_lag_seconds) as longest_lag_seconds,
        min(first_received_at) as first_received_at,
        max(last_received_at) as last_received_at
    from occurrences_and_receipts
    group by 1, 2, 3, 4, 5
)

select * from ingestion_days
