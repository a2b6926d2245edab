with judged_events as (
    select * from {{ ref('int_judged_events') }}
    where outcome <> 'erased'
),

{%- if var('record_sources') and 'app' in var('sources') %}

record_files as (
    select * from {{ ref('int_record_files') }}
),
{%- endif %}

left_out_days as (
    select * from {{ ref('int_left_out_days') }}
),

{#
    A file of records has a date and no time. It counts as received at the end of its date; as
    evidence of how late it is now, only the start of that date counts.
#}
receipts as (
    select
        source,
        landed_date,
        received_at,
        received_at as known_at,
        {{ var('stale_after_hours') }} as stale_after_hours
    from judged_events
    {%- for source_name in var('record_sources') if has_records_of(source_name) %}
    union all
    select
        source,
        landed_date,
        cast(landed_date + interval '1' day as timestamp) as received_at,
        cast(landed_date as timestamp) as known_at,
        {{ var('records_stale_after_hours').get(source_name, var('stale_after_hours')) }}
            as stale_after_hours
    from record_files
    where source = '{{ source_name }}'
    {%- endfor %}
),

hours as (
    select
        source,
        {{ dbt.date_trunc('hour', 'received_at') }} as received_hour,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at,
        max(known_at) as known_at,
        min(landed_date) as first_landed_date,
        max(landed_date) as last_landed_date,
        max(stale_after_hours) as stale_after_hours
    from receipts
    group by 1, 2
),

last_moment as (
    select max(known_at) as known_at
    from hours
),

pauses as (
    select
        hours.source,
        hours.stale_after_hours,
        hours.first_landed_date,
        hours.last_landed_date,
        hours.received_hour,
        hours.last_received_at as started_at,
        coalesce(
            lead(hours.first_received_at) over (
                partition by hours.source order by hours.received_hour
            ),
            {{ now('last_moment.known_at') }}
        ) as ended_at,
        lead(hours.first_received_at) over (
            partition by hours.source order by hours.received_hour
        ) is null as is_ongoing
    from hours
    cross join last_moment
),

judged_pauses as (
    select
        *,
        ended_at > started_at + stale_after_hours * interval '1' hour as is_long
    from pauses
),

stretches as (
    select
        *,
        coalesce(sum(case when is_long then 1 else 0 end) over (
            partition by source order by received_hour
            rows between unbounded preceding and 1 preceding
        ), 0) as stretch_number
    from judged_pauses
),

spans as (
    select
        *,
        min(first_landed_date) over stretch <> max(last_landed_date) over stretch as has_two_dates
    from stretches
    window stretch as (
        partition by source, stretch_number order by received_hour
    )
),

{#
    A source is alive once files of two landed dates were received without such a pause. One
    historical file does not say when the next is due.
#}
lives as (
    select
        *,
        max(case when has_two_dates then 1 else 0 end) over (
            partition by source order by received_hour
        ) = 1 as is_alive
    from spans
),

{# A holiday does not stop a source, so only a known outage of the whole source excuses a pause. #}
outages as (
    select
        source,
        business_date
    from left_out_days
    where source is not null and event_name is null and platform is null
),

dated_pauses as (
    select
        *,
        {{ business_date('started_at') }} as first_date,
        {{ business_date('ended_at') }} as last_date
    from lives
),

excused_pauses as (
    select distinct
        dated_pauses.source,
        dated_pauses.started_at
    from dated_pauses
    inner join outages
        on
            dated_pauses.source = outages.source
            and outages.business_date between dated_pauses.first_date and dated_pauses.last_date
    where dated_pauses.is_long
),

source_pauses as (
    select
        dated_pauses.source,
        cast(dated_pauses.stale_after_hours as bigint) as stale_after_hours,
        dated_pauses.first_date,
        dated_pauses.last_date,
        dated_pauses.started_at,
        dated_pauses.ended_at,
        dated_pauses.is_ongoing,
        dated_pauses.is_long,
        dated_pauses.is_alive,
        excused_pauses.source is not null as is_excused
    from dated_pauses
    left join excused_pauses
        on
            dated_pauses.source = excused_pauses.source
            and dated_pauses.started_at = excused_pauses.started_at
)

select * from source_pauses
