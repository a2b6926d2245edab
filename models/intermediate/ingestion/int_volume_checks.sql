{{ config(materialized='view') }}

with event_volumes as (
    select * from {{ ref('int_event_volumes') }}
),

judged_volumes as (
    select
        *,
        {{ is_low('event_count', 'least_count') | indent(8) }} as is_lower,
        {{ is_high('event_count', 'most_count') | indent(8) }} as is_high,
        sum(case when event_count > 0 then 1 else 0 end) over (
            partition by source, event_name, platform order by business_date
            rows between unbounded preceding and current row
        ) as run_number
    from event_volumes
    where
        is_all_versions
        and not is_left_out
        and reference_count >= 3
        and not {{ list_contains(unsteady_events(), "source || '.' || event_name") }}
),

{#
    What ended stays low until it begins again: a week later, the days that it is compared with have
    none either.
#}
volumes as (
    select
        *,
        is_lower or (
            event_count = 0
            and max(case when is_lower then 1 else 0 end) over (
                partition by source, event_name, platform, run_number order by business_date
                rows between unbounded preceding and current row
            ) = 1
        ) as is_low
    from judged_volumes
),

volume_checks as (
    {%- for finding, condition in [('volume_low', 'is_low'), ('volume_high', 'is_high')] %}
    select
        '{{ finding }}' as finding,
        source,
        event_name,
        cast(null as varchar) as property,
        platform,
        cast(null as varchar) as app_version,
        business_date,
        event_count as observed_count,
        expected_count as compared_count,
        {{ condition }} as is_breached
    from volumes
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from volume_checks
