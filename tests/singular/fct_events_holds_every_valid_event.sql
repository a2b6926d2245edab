-- Fails on every landed file whose valid events are not all in fct_events, each once.
with events as (
    select
        landing_file,
        count(*) as event_count
    from {{ ref('fct_events') }}
    group by landing_file
),

landed_files as (
    select * from {{ ref('fct_landed_files') }}
    where entity = 'events'
)

select
    landed_files.landing_file,
    landed_files.valid_count,
    events.event_count
from landed_files
full outer join events on landed_files.landing_file = events.landing_file
where coalesce(landed_files.valid_count, -1) <> coalesce(events.event_count, 0)
