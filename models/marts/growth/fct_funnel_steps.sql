with recursive all_funnels as (
    select * from {{ ref('funnels') }}
),

events as (
    select * from {{ ref('fct_events') }}
    where not is_bot
),

step_events as (
    select
        all_funnels.funnel,
        all_funnels.step_number,
        all_funnels.window_hours,
        all_funnels.is_same_session,
        events.landing_file,
        events.line_number,
        events.session_id,
        {{ visitor('events.stitched_user_id', 'events.device_id') }} as visitor_id,
        events.event_name,
        events.event_date,
        events.occurred_at
    from events
    inner join all_funnels
        on
            events.source = all_funnels.source
            and events.event_name = all_funnels.event_name
            and (
                all_funnels.property_name is null
                or {{ json_text_at('events.properties', 'all_funnels.property_name') }}
                = all_funnels.property_value
            )
),

{# A chain of steps is looked for within one visitor, or within one session. #}
scoped_events as (
    select
        *,
        case when is_same_session then session_id else visitor_id end as scope_id
    from step_events
    where visitor_id is not null
),

{# One event has one position, whatever number of steps it may be. #}
positioned_events as (
    select
        *,
        dense_rank() over (
            partition by funnel, scope_id order by occurred_at, landing_file, line_number
        ) as position
    from scoped_events
    where scope_id is not null
),

{# An event of a step is where the step is left, and where the one before it may lead. #}
step_ends as (
    select
        funnel,
        scope_id,
        step_number,
        position,
        true as is_departure
    from positioned_events
    union all
    select
        funnel,
        scope_id,
        step_number - 1 as step_number,
        position,
        false as is_departure
    from positioned_events
),

next_positions as (
    select
        *,
        min(case when not is_departure then position end) over (
            partition by funnel, scope_id, step_number
            order by position range between 1 following and unbounded following
        ) as next_position
    from step_ends
),

{# The first event of the next step after an event, whenever it comes. #}
next_steps as (
    select
        next_positions.funnel,
        next_positions.scope_id,
        next_positions.step_number,
        next_positions.position,
        arrivals.step_number as next_step_number,
        arrivals.position as next_position,
        arrivals.event_name as next_event_name,
        arrivals.landing_file as next_landing_file,
        arrivals.line_number as next_line_number,
        arrivals.occurred_at as next_occurred_at
    from next_positions
    inner join positioned_events as arrivals
        on
            next_positions.funnel = arrivals.funnel
            and next_positions.scope_id = arrivals.scope_id
            and next_positions.step_number = arrivals.step_number - 1
            and next_positions.next_position = arrivals.position
    where next_positions.is_departure
),

reached_steps (
    attempt_id,
    funnel,
    visitor_id,
    scope_id,
    step_number,
    position,
    event_name,
    landing_file,
    line_number,
    entry_date,
    window_ends_at,
    entered_at,
    previous_step_at,
    reached_at
) as (
    select
        {{ dbt.hash(
            "funnel || ' ' || landing_file || ':' || cast(line_number as varchar)"
        ) }} as attempt_id,
        funnel,
        visitor_id,
        scope_id,
        step_number,
        position,
        event_name,
        landing_file,
        line_number,
        event_date as entry_date,
        {{ dbt.dateadd('hour', 'window_hours', 'occurred_at') }} as window_ends_at,
        occurred_at as entered_at,
        cast(null as timestamp) as previous_step_at,
        occurred_at as reached_at
    from positioned_events
    where step_number = 1
    union all
    select
        reached_steps.attempt_id,
        reached_steps.funnel,
        reached_steps.visitor_id,
        reached_steps.scope_id,
        next_steps.next_step_number as step_number,
        next_steps.next_position as position,
        next_steps.next_event_name as event_name,
        next_steps.next_landing_file as landing_file,
        next_steps.next_line_number as line_number,
        reached_steps.entry_date,
        reached_steps.window_ends_at,
        reached_steps.entered_at,
        reached_steps.reached_at as previous_step_at,
        next_steps.next_occurred_at as reached_at
    from reached_steps
    inner join next_steps
        on
            reached_steps.funnel = next_steps.funnel
            and reached_steps.scope_id = next_steps.scope_id
            and reached_steps.step_number = next_steps.step_number
            and reached_steps.position = next_steps.position
            and reached_steps.window_ends_at >= next_steps.next_occurred_at
),

funnel_steps as (
    select
        attempt_id,
        funnel,
        step_number,
        event_name,
        visitor_id,
        landing_file,
        line_number,
        cast({{ dbt.datediff('entered_at', 'reached_at', 'millisecond') }} as double) / 1000
            as seconds_since_entry,
        cast({{ dbt.datediff('previous_step_at', 'reached_at', 'millisecond') }} as double) / 1000
            as seconds_since_previous_step,
        entry_date,
        entered_at,
        reached_at
    from reached_steps
)

select * from funnel_steps
