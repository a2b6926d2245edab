{{ config(materialized='view') }}

with landed_files as (
    {%- for source_name in var('sources') %}
    select
        landing_file,
        '{{ source_name }}' as source,
        landed_date,
        line_count,
        size_bytes
    from {{ ref('base_' ~ source_name ~ '__files') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from landed_files
