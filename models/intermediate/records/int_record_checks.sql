{{ config(
    materialized='view',
    enabled=record_entities() | length > 0,
) }}

with record_files as (
    select * from {{ ref('int_record_files') }}
),

checks as (
    select
        'rejected_share' as finding,
        source,
        entity as event_name,
        cast(null as varchar) as property,
        cast(null as varchar) as platform,
        cast(null as varchar) as app_version,
        landed_date as business_date,
        cast(sum(rejected_count) as bigint) as observed_count,
        cast(sum(line_count - erased_count) as double) as compared_count,
        sum(rejected_count) > 0 as is_breached
    from record_files
    where entity is not null
    group by 2, 3, 7
)

select * from checks
