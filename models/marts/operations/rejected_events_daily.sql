with judged_events as (
    select * from {{ ref('int_judged_events') }}
),

received_events as (
    select
        {{ business_date('received_at') }} as received_date,
        source,
        event_name,
        platform,
        app_version,
        outcome,
        violations
    from judged_events
    where outcome in ('valid', 'rejected')
),

keyed_events as (
    select
        *,
        {{ group_key([
            'cast(received_date as varchar)', 'source', 'event_name', 'platform', 'app_version',
        ]) }} as group_key
    from received_events
),

groups as (
    select
        group_key,
        received_date,
        source,
        event_name,
        platform,
        app_version,
        count(*) as event_count,
        count(*) filter (where outcome = 'rejected') as rejected_count
    from keyed_events
    group by 1, 2, 3, 4, 5, 6
),

reasons as (
    select
        keyed_events.group_key,
        reasons.reason,
        count(*) as reason_count
    from keyed_events
    cross join unnest(keyed_events.violations) as reasons (reason)
    group by 1, 2
),

rejected_events as (
    select
        groups.received_date,
        groups.source,
        groups.event_name,
        groups.platform,
        groups.app_version,
        reasons.reason,
        groups.event_count,
        groups.rejected_count,
        reasons.reason_count,
        cast(reasons.reason_count as double) / groups.event_count as reason_share
    from groups
    inner join reasons on groups.group_key = reasons.group_key
)

select * from rejected_events
