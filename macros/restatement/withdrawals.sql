{#
    Queries of the rows that a restated model's incremental run deletes, beside those with a key
    that its SQL gives, or amends: see restated_config(). A row has at least the model's unique key
    and what the model is partitioned by; it need not be in the model. The first: events that were
    loaded or judged anew.
#}
{% macro withdrawn_events() -%}
select
    landing_file,
    line_number,
    event_date
from {{ logmart.built('int_judged_events') }}
where restatement_number > {{ restated_until() }}
{%- endmacro %}


{#- Sessions that are new, gone or another than they were. -#}
{% macro withdrawn_sessions() -%}
select sessions.*
from {{ this }} as sessions
inner join (
    {{ touched_moments(
        logmart.built('int_judged_events'), logmart.built('int_sessionized_events')
    ) | indent }}
) as moments
    on
        sessions.source = moments.source
        and {{ session_owner('sessions.device_id', 'sessions.user_id') }} = moments.session_owner
        and sessions.started_at = moments.occurred_at
{%- endmacro %}


{#- User-days that may have changed. -#}
{% macro withdrawn_user_days() -%}
select user_days.*
from {{ this }} as user_days
inner join (
    {{ touched_user_days(
        logmart.built('int_judged_events'), logmart.built('int_sessionized_events')
    ) | indent }}
) as touched
    on
        user_days.user_id = touched.user_id
        and user_days.activity_date = touched.activity_date
{%- endmacro %}


{#- The attempts of touched_visitors(). -#}
{% macro withdrawn_funnel_steps() -%}
select steps.*
from {{ this }} as steps
inner join {{ kept_query('touched_visitors') }} as touched
    on
        steps.visitor_id = touched.visitor_id
        and steps.entered_at >= touched.first_entered_at
{%- endmacro %}


{#- Events that stay, whose session is another than it was, or somebody else's. -#}
{% macro amended_events() -%}
select identified.*
from (
    {{ identified_anew(
        logmart.built('int_sessionized_events'), logmart.built('int_session_identities')
    ) | indent }}
) as identified
inner join {{ this }} as events
    on
        identified.landing_file = events.landing_file
        and identified.line_number = events.line_number
        and identified.event_date = events.event_date
left join (
    {{ withdrawn_events() | indent }}
) as withdrawn
    on
        identified.landing_file = withdrawn.landing_file
        and identified.line_number = withdrawn.line_number
where
    withdrawn.landing_file is null
    and (
        events.session_id is distinct from identified.session_id
        or events.stitched_user_id is distinct from identified.stitched_user_id
    )
{%- endmacro %}
