{{ config(
    enabled='app' in var('sources') and var('record_sources') | length > 0,
) }}

with rejected_records as (
    select * from {{ ref('int_rejected_records') }}
),

described_records as (
    select
        landing_file,
        line_number,
        source,
        entity,
        masked_properties as properties,
        landed_date,
        violations,
        masked_line
    from rejected_records
)

select * from described_records
