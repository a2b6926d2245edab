{#
    Statements that delete from the model that runs what its SQL gives anew: hooks of an incremental
    run on an engine that restates in part, see restated_config(). The first deletes the events that
    were loaded or judged anew.
#}
{% macro withdraw_judged_events() -%}
delete from {{ this }}
where
    (landing_file, line_number) in (
        select (landing_file, line_number) from {{ logmart.built('int_judged_events') }}
        where restatement_number > {{ restated_until() }}
    )
{%- endmacro %}


{#- Sessions that are new, gone or another than they were. -#}
{% macro withdraw_sessions() -%}
delete from {{ this }}
where
    (source, {{ session_owner('device_id', 'user_id') }}, started_at) in (
        select (source, session_owner, occurred_at) from (
            {{ touched_moments(
                logmart.built('int_judged_events'), logmart.built('int_sessionized_events')
            ) | indent(12) }}
        ) as moments
    )
{%- endmacro %}


{#- Those, and the sessions that are somebody else's than they were. -#}
{% macro withdraw_identified_sessions() -%}
{{ withdraw_sessions() }}
or session_id in (
    select session_id from {{ logmart.built('int_session_identities') }}
    where restatement_number > {{ restated_until() }}
)
{%- endmacro %}


{#- User-days that may have changed. -#}
{% macro withdraw_user_days() -%}
delete from {{ this }}
where
    (user_id, activity_date) in (
        select (user_id, activity_date) from (
            {{ touched_user_days(
                logmart.built('int_judged_events'), logmart.built('int_sessionized_events')
            ) | indent(12) }}
        ) as user_days
    )
{%- endmacro %}


{#- Events as withdraw_judged_events(); those whose session or user changed are given theirs. -#}
{% macro withdraw_and_identify_events() -%}
{{ withdraw_judged_events() }};
update {{ this }} as events
set
    session_id = identified.session_id,
    stitched_user_id = identified.stitched_user_id
from (
    {%- for touched in ['sessionized_events', 'session_identities'] %}
    select
        sessionized_events.landing_file,
        sessionized_events.line_number,
        sessionized_events.session_id,
        coalesce(
            session_identities.stitched_user_id, sessionized_events.user_id
        ) as stitched_user_id
    from {{ logmart.built('int_sessionized_events') }} as sessionized_events
    inner join {{ logmart.built('int_session_identities') }} as session_identities
        on sessionized_events.session_id = session_identities.session_id
    where {{ touched }}.restatement_number > {{ restated_until() }}
    {{ 'union' if not loop.last }}
    {%- endfor %}
) as identified
where
    events.landing_file = identified.landing_file
    and events.line_number = identified.line_number
    and (
        events.session_id is distinct from identified.session_id
        or events.stitched_user_id is distinct from identified.stitched_user_id
    )
{%- endmacro %}


{#-
    The attempts that an event was in which is new, gone, or another visitor's or session's, and the
    later ones of its visitor; who these are is left to the model in a temporary table,
    touched_visitors: visitor_id, first_entered_at (from when on their attempts are deleted: an
    attempt that began earlier than the longest window before the event does not hang on it).
-#}
{% macro withdraw_funnel_steps() -%}
create or replace temporary table touched_visitors as
with touched_events as (
    select landing_file, line_number from {{ logmart.built('int_judged_events') }}
    where restatement_number > {{ restated_until() }}
    union distinct
    select landing_file, line_number from {{ logmart.built('int_sessionized_events') }}
    where restatement_number > {{ restated_until() }}
    union distinct
    select sessionized_events.landing_file, sessionized_events.line_number
    from {{ logmart.built('int_sessionized_events') }} as sessionized_events
    inner join {{ logmart.built('int_session_identities') }} as session_identities
        on sessionized_events.session_id = session_identities.session_id
    where session_identities.restatement_number > {{ restated_until() }}
),

visits as (
    select
        {{ visitor('stitched_user_id', 'device_id') }} as visitor_id,
        occurred_at
    from {{ logmart.built('fct_events') }}
    where (landing_file, line_number) in (
        select (landing_file, line_number) from touched_events
    )
    union all
    select
        visitor_id,
        reached_at as occurred_at
    from {{ this }}
    where (landing_file, line_number) in (
        select (landing_file, line_number) from touched_events
    )
)

select
    visitor_id,
    min(occurred_at) - (
        select max(window_hours) * interval 1 hour from {{ ref('funnels') }}
    ) as first_entered_at
from visits
where visitor_id is not null
group by visitor_id;

delete from {{ this }} as steps
using touched_visitors
where
    steps.visitor_id = touched_visitors.visitor_id
    and steps.entered_at >= touched_visitors.first_entered_at
{%- endmacro %}
