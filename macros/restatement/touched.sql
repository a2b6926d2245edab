{#
    Whose sessions are one series: the device's, or the user's where there is none; null where
    neither is known.
#}
{% macro session_owner(device_id, user_id) -%}
coalesce('device ' || {{ device_id }}, 'user ' || {{ user_id }})
{%- endmacro %}


{#
    The moments of the events that were loaded, judged anew or put into another session since the
    model that runs has run. A session that began at one of its owner's is new, gone or another than
    it was, and no other is.

    in:  judged_events, sessionized_events: relations or CTEs, of int_judged_events and
         int_sessionized_events
    out: a query: source, session_owner, user_id (the event's, or null), event_date, occurred_at
#}
{% macro touched_moments(judged_events, sessionized_events) -%}
select
    source,
    {{ session_owner('device_id', 'user_id') }} as session_owner,
    user_id,
    event_date,
    occurred_at
from {{ judged_events }}
where
    restatement_number > {{ restated_until() }}
    and coalesce(device_id, user_id) is not null
    and occurred_at is not null
union all
select
    source,
    {{ session_owner('device_id', 'user_id') }} as session_owner,
    user_id,
    event_date,
    occurred_at
from {{ sessionized_events }}
where restatement_number > {{ restated_until() }}
{%- endmacro %}


{#
    The users and business dates whose activity may have changed since the model that runs has run:
    each user of an owner on each date of the owner's.

    in:  as touched_moments()
    out: a query: user_id, activity_date
#}
{% macro touched_user_days(judged_events, sessionized_events) -%}
with moments as (
    {{ touched_moments(judged_events, sessionized_events) | indent }}
),

users as (
    select distinct
        source,
        session_owner,
        user_id
    from moments
    where user_id is not null
),

dates as (
    select distinct
        source,
        session_owner,
        event_date as activity_date
    from moments
)

select distinct
    users.user_id,
    dates.activity_date
from users
inner join dates on users.source = dates.source and users.session_owner = dates.session_owner
{%- endmacro %}


{#
    The events that were sessionized anew, or whose session is somebody else's, since the model that
    runs has run.

    in:  sessionized_events, session_identities: relations or CTEs, of int_sessionized_events and
         int_session_identities
    out: a query: landing_file, line_number, event_date, session_id, user_id, stitched_user_id
#}
{% macro identified_anew(sessionized_events, session_identities) -%}
{%- for touched in ['sessionized_events', 'session_identities'] %}
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
where {{ touched }}.restatement_number > {{ restated_until() }}
{{ 'union distinct' if not loop.last }}
{%- endfor %}
{%- endmacro %}


{#
    Whose attempts at a funnel may have changed since fct_funnel_steps, the model that runs, has
    run: the visitors of events that are new, gone, or another visitor's or session's, and from when
    on. An attempt that began earlier than the longest window before the event does not hang on it.

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
    where restatement_number > {{ restated_until() }}
    union distinct
    select
        landing_file,
        line_number,
        event_date
    from ({{ identified_anew(sessionized_events, session_identities) | indent }}) as identified
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
