-- Fails on every source whose valid, received or rejected events ingestion_health_daily does not
-- add up to.
with landed_files as (
    select
        source,
        sum(valid_count) as valid_count,
        sum(rejected_count) as rejected_count
    from {{ ref('fct_landed_files') }}
    where entity = 'events'
    group by source
),

health as (
    select
        source,
        sum(event_count) as event_count,
        sum(received_count) as received_count,
        sum(rejected_count) as rejected_count
    from {{ ref('ingestion_health_daily') }}
    group by source
)

select
    landed_files.source,
    landed_files.valid_count,
    landed_files.rejected_count as landed_rejected_count,
    health.event_count,
    health.received_count,
    health.rejected_count
from landed_files
left join health on landed_files.source = health.source
where
    landed_files.valid_count <> coalesce(health.event_count, 0)
    or landed_files.rejected_count <> coalesce(health.rejected_count, 0)
    or landed_files.valid_count + landed_files.rejected_count <> coalesce(health.received_count, 0)
