{{ config(enabled=has_records_of('operations')) }}

with file_actions as (
    select * from {{ ref('int_file_actions') }}
),

quarantined_files as (
    select
        landing_file,
        split_part(landing_file, '/', 1) as source,
        {{ try_cast("split_part(split_part(landing_file, '/', 2), '=', 2)", 'date') }}
            as landed_date
    from file_actions
    group by landing_file
    having max(occurred_at) = max(case when action = 'quarantine' then occurred_at end)
),

{# A file that lands on a UTC date holds what happened on it and, mostly, on the day before. #}
quarantined_dates as (
    select distinct
        {% if var('record_sources') -%}
        case
            when quarantined_files.source in ('{{ var("record_sources") | join("', '") }}')
                then quarantined_files.source
            else 'events'
        end
        {%- else -%}
        'events'
        {%- endif %} as counted,
        dates.business_date
    from quarantined_files
    cross join unnest({{ dates_between(
        "cast(landed_date - interval '1' day as date)", 'landed_date'
    ) }}) as dates (business_date)
)

select * from quarantined_dates
