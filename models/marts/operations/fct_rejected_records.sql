{{ config(
    enabled=record_entities() | length > 0,
) }}

with judged_records as (
    select * from {{ ref('int_judged_records') }}
),

rejected_records as (
    select
        landing_file,
        line_number,
        source,
        entity,
        masked_properties as properties,
        landed_date,
        violations,
        masked_line
    from judged_records
    where not is_valid and not {{ list_contains('violations', "'erased'") }}
)

select * from rejected_records
