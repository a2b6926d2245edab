{{ config(
    enabled='app' in var('sources') and var('record_sources') | length > 0,
) }}
-- Fails on every landed file whose rejected records are not all in fct_rejected_records, each once.
with records as (
    select
        landing_file,
        count(*) as record_count
    from {{ ref('fct_rejected_records') }}
    group by landing_file
),

landed_files as (
    select * from {{ ref('fct_landed_files') }}
    where entity is null or entity <> 'events'
)

select
    landed_files.landing_file,
    landed_files.rejected_count,
    records.record_count
from landed_files
full outer join records on landed_files.landing_file = records.landing_file
where coalesce(landed_files.rejected_count, -1) <> coalesce(records.record_count, 0)
