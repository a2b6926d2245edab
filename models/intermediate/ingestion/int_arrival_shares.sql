with judged_events as (
    select * from {{ ref('int_judged_events') }}
    where outcome = 'valid'
),

open_dates as (
    select * from {{ ref('int_open_dates') }}
    where counted = 'events'
),

arrivals as (
    select
        source,
        event_date,
        received_date,
        count(*) as event_count
    from judged_events
    group by source, event_date, received_date
),

first_dates as (
    select
        source,
        min(received_date) as first_received_date
    from arrivals
    group by source
),

{#
    Of dates on which and before which a source had not landed yet, only what was late has arrived:
    they are left out.
#}
delays as (
    select
        {{ dbt.datediff('arrivals.event_date', 'arrivals.received_date', 'day') }} as delay_days,
        arrivals.event_count
    from arrivals
    inner join first_dates on arrivals.source = first_dates.source
    cross join open_dates
    where
        arrivals.event_date > first_dates.first_received_date
        and {{ dbt.dateadd('day', var('horizon_days') + 1, 'arrivals.event_date') }}
        <= open_dates.open_from_date
),

day_delays as (
    select
        delay_days,
        sum(event_count) as event_count
    from delays
    group by delay_days
),

ages as (
    select ages.age_days
    from (
        values
        {%- for age in range(1, var('horizon_days') + 2) %}
        ({{ age }}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as ages (age_days)
),

arrival_shares as (
    select
        cast(ages.age_days as bigint) as age_days,
        cast(sum(day_delays.event_count) as bigint) as event_count,
        sum(case when day_delays.delay_days < ages.age_days then day_delays.event_count else 0 end)
        / cast(sum(day_delays.event_count) as double) as arrived_share
    from ages
    cross join day_delays
    group by ages.age_days
)

select * from arrival_shares
