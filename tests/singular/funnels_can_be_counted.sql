-- Fails on every row of seeds/funnels/funnels.csv that cannot be counted, with the remedy.
with funnels as (
    select * from {{ ref('funnels') }}
),

compared_rows as (
    select
        *,
        lag(step_number, 1, 0) over (partition by funnel order by step_number) as step_before,
        min(source) over (partition by funnel) as least_source,
        min(window_hours) over (partition by funnel) as least_window_hours,
        min(coalesce(held_property, '')) over (partition by funnel) as least_held_property,
        bool_and(is_same_session) over (partition by funnel) as least_is_same_session
    from funnels
),

planned_events as (
    {%- for source_name in var('planned_events') %}
    {%- set outer_loop = loop %}
    {%- for event in var('planned_events')[source_name] %}
    select
        '{{ source_name }}' as source,
        '{{ event }}' as event_name
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

problems as (
    select
        compared_rows.funnel,
        compared_rows.step_number,
        case
            when compared_rows.step_number <> compared_rows.step_before + 1
                then 'number the steps 1, 2, 3 without a gap'
            when planned_events.event_name is null
                then 'name a source and an event of planned_events in dbt_project.yml'
            when compared_rows.step_number > {{ var('longest_funnel') }}
                then 'give longest_funnel in dbt_project.yml at least the number of the last step'
            when compared_rows.source <> compared_rows.least_source
                then 'give all steps one source'
            when compared_rows.window_hours <> compared_rows.least_window_hours
                then 'give all steps one window'
            when compared_rows.window_hours <= 0
                then 'give a window of at least 1 hour'
            when compared_rows.is_same_session <> compared_rows.least_is_same_session
                then 'give all steps one is_same_session'
            when coalesce(compared_rows.held_property, '') <> compared_rows.least_held_property
                then 'give all steps one held_property'
            when (compared_rows.property_name is null) <> (compared_rows.property_value is null)
                then 'give both property_name and property_value, or neither'
        end as remedy
    from compared_rows
    left join planned_events
        on
            compared_rows.source = planned_events.source
            and compared_rows.event_name = planned_events.event_name
)

select * from problems
where remedy is not null
