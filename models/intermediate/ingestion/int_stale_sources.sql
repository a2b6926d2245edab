{{ config(materialized='view') }}

with source_pauses as (
    select * from {{ ref('int_source_pauses') }}
),

stale_sources as (
    select
        source,
        first_date,
        last_date,
        started_at,
        ended_at,
        is_ongoing
    from source_pauses
    where is_long and is_alive and not is_excused
)

select * from stale_sources
