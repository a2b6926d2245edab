{{ config(
    materialized='view',
    enabled=record_entities() | length > 0,
) }}

with judged_records as (
    {%- for source_name, entities in record_entities().items() %}
    {%- set outer_loop = loop %}
    {%- do check_listed_once('record_sources.' ~ source_name, entities) %}
    {%- for entity in entities %}
    select
        landing_file,
        line_number,
        '{{ source_name }}' as source,
        '{{ entity }}' as entity,
        landed_date,
        properties,
        masked_properties,
        masked_line,
        violations,
        is_valid
    from {{ ref('stg_' ~ source_name ~ '__' ~ entity) }}
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {%- endfor %}
    {%- endfor %}
)

select * from judged_records
