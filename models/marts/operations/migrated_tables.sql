{{ config(enabled=has_records_of('operations')) }}

with passes as (
    select * from {{ ref('int_migration_passes') }}
),

numbered_passes as (
    select
        *,
        row_number() over (
            partition by source_table, target_table order by started_at desc, run_id desc
        ) as reverse_number,
        lag(pass_status) over (
            partition by source_table, target_table order by started_at, run_id
        ) as status_before
    from passes
),

{# The status of a table is that of its last pass. It holds since the first pass after which no
   pass ended with another one. #}
migrated_tables as (
    select
        source_table,
        target_table,
        min(case when reverse_number = 1 then mapping_id end) as mapping_id,
        min(case when reverse_number = 1 then pass_status end) as migration_status,
        max(case when status_before is null or status_before <> pass_status then ended_at end)
            as status_since_at,
        min(case when reverse_number = 1 then source_row_count end) as source_row_count,
        min(case when reverse_number = 1 then chunk_count end) as chunk_count,
        min(case when reverse_number = 1 then differing_chunk_count end) as differing_chunk_count,
        min(case when reverse_number = 1 then differing_row_count end) as differing_row_count,
        cast(sum(copied_row_count) as bigint) as copied_row_count,
        cast(sum(deleted_row_count) as bigint) as deleted_row_count,
        count(*) as pass_count,
        min(started_at) as first_started_at,
        max(ended_at) as last_ended_at,
        max(case when pass_status in ('copied', 'verified') then ended_at end) as copied_at,
        max(case when pass_status = 'verified' then ended_at end) as verified_at
    from numbered_passes
    group by source_table, target_table
)

select * from migrated_tables
