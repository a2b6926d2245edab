{#
    Tombstones of fct_events and int_sessionized_events: the events that were loaded or judged again
    since the model that runs has run last. Those that are still valid are inserted again.
#}
{% macro event_tombstones() -%}
select
    landing_file,
    line_number,
    event_date
from {{ logmart.built('int_judged_events') }}
where restatement_number > {{ watermark() }}
{%- endmacro %}


{#
    The events whose session was made again, or given to another user, since the model that runs has
    run last.

    in:  sessionized_events, session_identities: relations or CTEs, of int_sessionized_events and
         int_session_identities
    out: a query: landing_file, line_number, event_date, session_id, stitched_user_id
#}
{% macro reidentified_events(sessionized_events, session_identities) -%}
{%- for restated in ['sessionized_events', 'session_identities'] %}
select
    sessionized_events.landing_file,
    sessionized_events.line_number,
    sessionized_events.event_date,
    sessionized_events.session_id,
    coalesce(
        session_identities.stitched_user_id, sessionized_events.user_id
    ) as stitched_user_id
from {{ sessionized_events }} as sessionized_events
inner join {{ session_identities }} as session_identities
    on
        sessionized_events.session_id = session_identities.session_id
        and sessionized_events.occurred_at >= session_identities.started_at
where {{ restated }}.restatement_number > {{ watermark() }}
{{ 'union distinct' if not loop.last }}
{%- endfor %}
{%- endmacro %}


{#- Amendments of fct_events: the events without a tombstone whose session or user has changed. -#}
{% macro event_amendments() -%}
select reidentified.*
from (
    {{ reidentified_events(
        logmart.built('int_sessionized_events'), logmart.built('int_session_identities')
    ) | indent }}
) as reidentified
inner join {{ this }} as events
    on
        reidentified.landing_file = events.landing_file
        and reidentified.line_number = events.line_number
        and reidentified.event_date = events.event_date
left join (
    {{ event_tombstones() | indent }}
) as tombstones
    on
        reidentified.landing_file = tombstones.landing_file
        and reidentified.line_number = tombstones.line_number
where
    tombstones.landing_file is null
    and (
        events.session_id is distinct from reidentified.session_id
        or events.stitched_user_id is distinct from reidentified.stitched_user_id
    )
{%- endmacro %}
