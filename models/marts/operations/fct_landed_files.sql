{%- set has_records = record_entities() | length > 0 -%}
with landed_files as (
    select * from {{ ref('int_landed_files') }}
),

judged_events as (
    select * from {{ ref('int_judged_events') }}
),
{%- if has_records %}

record_files as (
    select * from {{ ref('int_record_files') }}
),
{%- endif %}

outcomes as (
    select
        landing_file,
        count(*) filter (where outcome = 'valid') as valid_count,
        count(*) filter (where outcome = 'rejected') as rejected_count,
        count(*) filter (where outcome = 'duplicate') as duplicate_count,
        count(*) filter (where outcome = 'erased') as erased_count,
        count(*) filter (where outcome = 'valid' and is_late) as late_count,
        count(*) filter (where outcome = 'valid' and is_bot) as bot_count,
        min(case when outcome = 'valid' then occurred_at end) as first_occurred_at,
        max(case when outcome = 'valid' then occurred_at end) as last_occurred_at
    from judged_events
    group by landing_file
),

counted_files as (
    select
        landed_files.landing_file,
        landed_files.source,
        'events' as entity,
        landed_files.size_bytes,
        landed_files.line_count,
        coalesce(outcomes.valid_count, 0) as valid_count,
        coalesce(outcomes.rejected_count, 0) as rejected_count,
        coalesce(outcomes.duplicate_count, 0) as duplicate_count,
        coalesce(outcomes.erased_count, 0) as erased_count,
        coalesce(outcomes.late_count, 0) as late_count,
        coalesce(outcomes.bot_count, 0) as bot_count,
        landed_files.landed_date,
        outcomes.first_occurred_at,
        outcomes.last_occurred_at
    from landed_files
    left join outcomes on landed_files.landing_file = outcomes.landing_file
    {%- if has_records %}
    union all
    select
        landing_file,
        source,
        entity,
        size_bytes,
        line_count,
        valid_count,
        rejected_count,
        cast(0 as bigint) as duplicate_count,
        erased_count,
        cast(0 as bigint) as late_count,
        cast(0 as bigint) as bot_count,
        landed_date,
        cast(null as timestamp) as first_occurred_at,
        cast(null as timestamp) as last_occurred_at
    from record_files
    {%- endif %}
)

select * from counted_files
