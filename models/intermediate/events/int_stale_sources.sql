{{ config(materialized='view') }}

with judged_events as (
    select * from {{ ref('int_judged_events') }}
    where outcome <> 'erased'
),

left_out_days as (
    select * from {{ ref('int_left_out_days') }}
),

hours as (
    select
        source,
        {{ dbt.date_trunc('hour', 'received_at') }} as received_hour,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at
    from judged_events
    group by 1, 2
),

last_moment as (
    select max(last_received_at) as last_received_at
    from hours
),

pauses as (
    select
        hours.source,
        hours.last_received_at as started_at,
        coalesce(
            lead(hours.first_received_at) over (
                partition by hours.source order by hours.received_hour
            ),
            {{ now('last_moment.last_received_at') }}
        ) as ended_at,
        lead(hours.first_received_at) over (
            partition by hours.source order by hours.received_hour
        ) is null as is_ongoing
    from hours
    cross join last_moment
),

long_pauses as (
    select
        source,
        {{ business_date('started_at') }} as first_date,
        {{ business_date('ended_at') }} as last_date,
        started_at,
        ended_at,
        is_ongoing
    from pauses
    where ended_at > started_at + interval '{{ var("stale_after_hours") }}' hour
),

{# Whatever a holiday does to volumes, it does not stop a source; an outage of all of it does. #}
stale_sources as (
    select * from long_pauses
    where
        not exists (
            select 1 from left_out_days
            where
                left_out_days.source = long_pauses.source
                and left_out_days.event_name is null
                and left_out_days.platform is null
                and left_out_days.business_date between long_pauses.first_date
                and long_pauses.last_date
        )
)

select * from stale_sources
