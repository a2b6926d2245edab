{{ config(
    enabled=record_entities() | length > 0,
) }}

with landed_files as (
    {%- for source_name in record_entities() %}
    select
        landing_file,
        '{{ source_name }}' as source,
        landed_date,
        line_count,
        size_bytes
    from {{ ref('base_' ~ source_name ~ '__files') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

judged_records as (
    select * from {{ ref('int_judged_records') }}
),

outcomes as (
    select
        landing_file,
        min(entity) as entity,
        count(*) filter (where is_valid) as valid_count,
        count(*) filter (where {{ list_contains('violations', "'erased'") }}) as erased_count,
        count(*) as record_count
    from judged_records
    group by landing_file
),

record_files as (
    select
        landed_files.landing_file,
        landed_files.source,
        outcomes.entity,
        landed_files.size_bytes,
        landed_files.line_count,
        coalesce(outcomes.valid_count, 0) as valid_count,
        coalesce(
            outcomes.record_count - outcomes.valid_count - outcomes.erased_count, 0
        ) as rejected_count,
        coalesce(outcomes.erased_count, 0) as erased_count,
        landed_files.landed_date
    from landed_files
    left join outcomes on landed_files.landing_file = outcomes.landing_file
)

select * from record_files
