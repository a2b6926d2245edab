{{ config(enabled=has_records_of('operations')) }}

with passes as (
    select * from {{ ref('int_migration_passes') }}
),

migration_passes as (
    select
        run_id,
        source_table,
        target_table,
        mapping_id,
        pass_status,
        chunk_count,
        copied_chunk_count,
        differing_chunk_count,
        verified_chunk_count,
        failed_chunk_count,
        source_row_count,
        copied_row_count,
        deleted_row_count,
        differing_row_count,
        {{ business_date('ended_at') }} as ended_date,
        started_at,
        ended_at
    from passes
)

select * from migration_passes
