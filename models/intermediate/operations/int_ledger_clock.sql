{{ config(
    materialized='view',
    enabled=has_records_of('operations'),
) }}

with moments as (
    select max(occurred_at) as named_at
    from {{ ref('stg_operations__task_runs') }}
    where is_valid
    union all
    select max(checked_at) as named_at
    from {{ ref('stg_operations__check_results') }}
    where is_valid
    union all
    select max(occurred_at) as named_at
    from {{ ref('stg_operations__actions') }}
    where is_valid
    union all
    select max(occurred_at) as named_at
    from {{ ref('stg_operations__notices') }}
    where is_valid
    union all
    select max(ended_at) as named_at
    from {{ ref('stg_operations__migrated_chunks') }}
    where is_valid
),

ledger_clock as (
    select
        max(
            {{ "timestamp '" ~ var('ledger_until') ~ "'" if var('ledger_until') else 'named_at' }}
        ) as until_at
    from moments
)

select * from ledger_clock
