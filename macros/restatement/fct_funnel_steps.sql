{#
    The visitors whose funnel attempts may have changed since fct_funnel_steps, the model that runs,
    has run last: visitors of an event that was added, removed, or moved to another visitor or
    session. first_entered_at is the moment of the first such event less the longest window: an
    attempt that was entered earlier had ended before the event.

    out: a query: visitor_id, first_entered_at
#}
{% macro touched_visitors() -%}
{%- set judged_events = logmart.built('int_judged_events') -%}
{%- set sessionized_events = logmart.built('int_sessionized_events') -%}
{%- set session_identities = logmart.built('int_session_identities') -%}
with touched_events as (
    select
        landing_file,
        line_number,
        event_date
    from {{ judged_events }}
    where restatement_number > {{ watermark() }}
    union distinct
    select
        landing_file,
        line_number,
        event_date
    from (
        {{ reidentified_events(sessionized_events, session_identities) | indent(8) }}
    ) as reidentified
),

visits as (
    select
        {{ visitor('events.stitched_user_id', 'events.device_id') }} as visitor_id,
        events.occurred_at
    from {{ logmart.built('fct_events') }} as events
    inner join touched_events
        on
            events.landing_file = touched_events.landing_file
            and events.line_number = touched_events.line_number
            and events.event_date = touched_events.event_date
    union all
    select
        steps.visitor_id,
        steps.reached_at as occurred_at
    from {{ this }} as steps
    inner join touched_events
        on
            steps.landing_file = touched_events.landing_file
            and steps.line_number = touched_events.line_number
)

select
    visitor_id,
    min(occurred_at) - (
        select max(window_hours) * interval '1' hour from {{ ref('funnels') }}
    ) as first_entered_at
from visits
where visitor_id is not null
group by visitor_id
{%- endmacro %}


{#-
    A hook before fct_funnel_steps: puts touched_visitors() into a scratch table, which the model's
    SQL and its tombstones read.
-#}
{% macro keep_touched_visitors() -%}
{%- if is_incremental() -%}
{{ create_scratch_table('touched_visitors', touched_visitors()) }}
{%- endif -%}
{%- endmacro %}


{#- A hook after fct_funnel_steps. -#}
{% macro drop_touched_visitors() -%}
drop table if exists {{ scratch_table('touched_visitors') }}
{%- endmacro %}


{#- Tombstones of fct_funnel_steps: the attempts that touched_visitors() names. -#}
{% macro funnel_step_tombstones() -%}
select steps.*
from {{ this }} as steps
inner join {{ scratch_table('touched_visitors') }} as touched
    on
        steps.visitor_id = touched.visitor_id
        and steps.entered_at >= touched.first_entered_at
{%- endmacro %}
