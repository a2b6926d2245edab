{{ config(enabled=has_records_of('operations')) }}

with chunk_records as (
    select * from {{ ref('stg_operations__migrated_chunks') }}
    where is_valid
),

{# A run that goes on after a failure may land a chunk again: the last record counts. #}
numbered_records as (
    select
        *,
        row_number() over (
            partition by run_id, source_table, target_table, chunk_id
            order by ended_at desc, landing_file desc, line_number desc
        ) as reverse_number
    from chunk_records
),

chunks as (
    select * from numbered_records
    where reverse_number = 1
),

passes as (
    select
        run_id,
        source_table,
        target_table,
        min(mapping_id) as mapping_id,
        count(*) as chunk_count,
        count(*) filter (where chunk_status = 'copied') as copied_chunk_count,
        count(*) filter (where chunk_status = 'differing') as differing_chunk_count,
        count(*) filter (where chunk_status = 'verified') as verified_chunk_count,
        count(*) filter (where chunk_status = 'failed') as failed_chunk_count,
        cast(coalesce(sum(source_row_count), 0) as bigint) as source_row_count,
        cast(coalesce(sum(copied_row_count), 0) as bigint) as copied_row_count,
        cast(coalesce(sum(deleted_row_count), 0) as bigint) as deleted_row_count,
        cast(coalesce(sum(differing_row_count), 0) as bigint) as differing_row_count,
        count(distinct snapshot_id) = 1 and count(snapshot_id) = count(*) as is_one_snapshot,
        count(*) filter (where is_frozen) = count(*) as is_frozen,
        count(*) filter (where is_final) > 0 as has_ended,
        min(started_at) as started_at,
        max(ended_at) as ended_at
    from chunks
    group by run_id, source_table, target_table
),

migration_passes as (
    select
        *,
        case
            when failed_chunk_count > 0 then 'failed'
            when not has_ended then 'unfinished'
            when differing_chunk_count > 0 then 'differing'
            when verified_chunk_count = chunk_count and (is_one_snapshot or is_frozen)
                then 'verified'
            else 'copied'
        end as pass_status
    from passes
)

select * from migration_passes
