{%- set longest = var('longest_funnel') -%}
{{ config(**restated_config(['attempt_id', 'step_number'], partitioned_by('entry_date'))) }}
{#- dbt adds these hooks to that of restated_config(). #}
{{ config(pre_hook=['{{ check_held_properties() }}', '{{ keep_touched_visitors() }}']) }}
{{ config(post_hook='{{ drop_touched_visitors() }}') }}

with funnels as (
    select * from {{ ref('funnels') }}
),

events as (
    select
        *,
        {{ visitor('stitched_user_id', 'device_id') }} as visitor_id
    from {{ ref('fct_events') }}
    where not is_bot and event_name in (select event_name from funnels)
),

{# An increment follows the touched visitors only, from their first_entered_at on. #}
considered_events as (
    select events.* from events
    {%- if is_incremental() %}
    inner join {{ scratch_table('touched_visitors') }} as touched
        on events.visitor_id = touched.visitor_id
    where events.occurred_at >= touched.first_entered_at
    {%- endif %}
),

{#
    The steps of an attempt belong to one visitor or, for some funnels, to one session, and have one
    value of the property that the funnel holds constant.
#}
step_events as (
    select
        funnels.funnel,
        funnels.step_number,
        funnels.window_hours,
        case when funnels.is_same_session then events.session_id else events.visitor_id end
            as scope_id,
        case
            when funnels.held_property is null then ''
            else {{ json_text_at('events.properties', 'funnels.held_property') }}
        end as held_value,
        events.landing_file,
        events.line_number,
        events.visitor_id,
        coalesce(events.platform, 'unknown') as platform,
        events.event_name,
        events.event_date,
        events.occurred_at
    from considered_events as events
    inner join funnels
        on
            events.source = funnels.source
            and events.event_name = funnels.event_name
            and (
                funnels.property_name is null
                or {{ json_text_at('events.properties', 'funnels.property_name') }}
                = funnels.property_value
            )
    where events.visitor_id is not null
),

{# An event that may be several steps of a funnel has the same position as each of them. #}
positioned_events as (
    select
        *,
        dense_rank() over (
            partition by funnel, scope_id order by occurred_at, landing_file, line_number
        ) as position
    from step_events
    where scope_id is not null and held_value is not null
),

{#
    From the last step back to the first: for each event of a step, the earliest position at which
    each later step can be reached from it. The way leads through some following event of the next
    step, so the position is the minimum over all of these events.
#}
chains_from_step_{{ longest }} as (
    select
        *,
        {%- for step in range(2, longest + 1) %}
        case when step_number = {{ step }} then position end as position_{{ step }},
        {%- endfor %}
        {{ dbt.dateadd('hour', 'window_hours', 'occurred_at') }} as window_ends_at
    from positioned_events
),
{%- for step in range(longest - 1, 0, -1) %}

chains_from_step_{{ step }} as (
    select
        funnel,
        scope_id,
        held_value,
        visitor_id,
        step_number,
        position,
        landing_file,
        line_number,
        event_date,
        window_ends_at,
        {%- for later_step in range(2, longest + 1) %}
        {%- if later_step <= step %}
        position_{{ later_step }},
        {%- else %}
        case
            when step_number = {{ step }}
                then min(
                    case when step_number = {{ step + 1 }} then position_{{ later_step }} end
                ) over following_events
            else position_{{ later_step }}
        end as position_{{ later_step }},
        {%- endif %}
        {%- endfor %}
        occurred_at
    from chains_from_step_{{ step + 1 }}
    window following_events as (
        partition by funnel, scope_id, held_value
        order by position range between 1 following and unbounded following
    )
),
{%- endfor %}

step_numbers as (
    select distinct step_number from funnels
),

attempted_steps as (
    select
        {{ dbt.hash(
            "attempts.funnel || ' ' || attempts.landing_file || ':'"
            " || cast(attempts.line_number as varchar)"
        ) }} as attempt_id,
        attempts.funnel,
        attempts.scope_id,
        attempts.visitor_id,
        attempts.event_date as entry_date,
        attempts.window_ends_at,
        attempts.occurred_at as entered_at,
        step_numbers.step_number,
        case step_numbers.step_number
            when 1 then attempts.position
            {%- for step in range(2, longest + 1) %}
            when {{ step }} then attempts.position_{{ step }}
            {%- endfor %}
        end as position
    from chains_from_step_1 as attempts
    cross join step_numbers
    where attempts.step_number = 1
),

reached_steps as (
    select
        attempted_steps.attempt_id,
        attempted_steps.funnel,
        attempted_steps.step_number,
        reached_events.event_name,
        attempted_steps.visitor_id,
        reached_events.platform,
        reached_events.landing_file,
        reached_events.line_number,
        attempted_steps.entry_date,
        attempted_steps.entered_at,
        reached_events.occurred_at as reached_at,
        lag(reached_events.occurred_at) over (
            partition by attempted_steps.attempt_id order by attempted_steps.step_number
        ) as previous_step_at
    from attempted_steps
    inner join positioned_events as reached_events
        on
            attempted_steps.funnel = reached_events.funnel
            and attempted_steps.scope_id = reached_events.scope_id
            and attempted_steps.step_number = reached_events.step_number
            and attempted_steps.position = reached_events.position
            and attempted_steps.window_ends_at >= reached_events.occurred_at
),

funnel_steps as (
    select
        attempt_id,
        funnel,
        step_number,
        event_name,
        visitor_id,
        platform,
        landing_file,
        line_number,
        cast({{ elapsed('millisecond', 'entered_at', 'reached_at') }} as double) / 1000
            as seconds_since_entry,
        cast({{ elapsed('millisecond', 'previous_step_at', 'reached_at') }} as double) / 1000
            as seconds_since_previous_step,
        entry_date,
        entered_at,
        reached_at
    from reached_steps
)

select * from funnel_steps
