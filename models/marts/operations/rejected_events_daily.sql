with judged_events as (
    select * from {{ ref('int_judged_events') }}
),

received_events as (
    select
        received_date,
        source,
        event_name,
        platform,
        app_version,
        outcome,
        violations
    from judged_events
    where outcome in ('valid', 'rejected')
),

group_counts as (
    select
        received_date,
        source,
        event_name,
        platform,
        app_version,
        count(*) as event_count,
        count(*) filter (where outcome = 'rejected') as rejected_count
    from received_events
    group by 1, 2, 3, 4, 5
),

reason_counts as (
    select
        received_events.received_date,
        received_events.source,
        received_events.event_name,
        received_events.platform,
        received_events.app_version,
        reasons.reason,
        count(*) as reason_count
    from received_events
    cross join unnest(received_events.violations) as reasons (reason)
    where received_events.outcome = 'rejected'
    group by 1, 2, 3, 4, 5, 6
),

rejected_events as (
    select
        group_counts.received_date,
        group_counts.source,
        group_counts.event_name,
        group_counts.platform,
        group_counts.app_version,
        reason_counts.reason,
        group_counts.event_count,
        group_counts.rejected_count,
        reason_counts.reason_count,
        cast(reason_counts.reason_count as double) / group_counts.event_count as reason_share
    from group_counts
    inner join reason_counts
        on
            group_counts.received_date = reason_counts.received_date
            and group_counts.source = reason_counts.source
            and group_counts.event_name is not distinct from reason_counts.event_name
            and group_counts.platform is not distinct from reason_counts.platform
            and group_counts.app_version is not distinct from reason_counts.app_version
)

select * from rejected_events
