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
