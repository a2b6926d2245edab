{#
    The owner of a series of sessions: the device, or the user where the device is unknown; null
    where both are.
#}
{% macro session_owner(device_id, user_id) -%}
coalesce('device ' || {{ device_id }}, 'user ' || {{ user_id }})
{%- endmacro %}


{#
    The batch of the model that runs, as sessions see it: the events above the watermark, which were
    loaded, judged again or moved to another session since the model ran last.

    in:  judged_events, sessionized_events: relations or CTEs, of int_judged_events and
         int_sessionized_events
    out: a query: source, session_owner, user_id (the event's, or null), event_date, occurred_at
#}
{% macro batch_events(judged_events, sessionized_events) -%}
select
    source,
    {{ session_owner('device_id', 'user_id') }} as session_owner,
    user_id,
    event_date,
    occurred_at
from {{ judged_events }}
where
    restatement_number > {{ watermark() }}
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
where restatement_number > {{ watermark() }}
{%- endmacro %}


{#
    Tombstones of int_sessions, int_session_identities and fct_sessions: the sessions that start at
    an event of the batch. No other session can be gone, because int_sessionized_events writes
    whole visits again. A session that only changes is replaced by its key.
#}
{% macro session_tombstones() -%}
select sessions.*
from {{ this }} as sessions
inner join (
    {{ batch_events(
        logmart.built('int_judged_events'), logmart.built('int_sessionized_events')
    ) | indent }}
) as batch
    on
        sessions.source = batch.source
        and {{ session_owner('sessions.device_id', 'sessions.user_id') }} = batch.session_owner
        and sessions.started_at = batch.occurred_at
{%- endmacro %}
