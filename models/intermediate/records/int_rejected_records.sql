{{ config(
    materialized='view',
    enabled='app' in var('sources') and var('record_sources') | length > 0,
) }}

with judged_records as (
    select * from {{ ref('int_judged_records') }}
)

select * from judged_records
where not is_valid and not {{ list_contains('violations', "'erased'") }}
