{#
    Part 1 of an increment of int_sessionized_events: the time around the batch's events of one
    owner and day in which a visit may change. An event changes only visits that are at most the
    timeout away from it, and that of its tracker's session: it makes them longer, joins or splits
    them, or changes their users.

    in:  judged_events: a CTE, the batch; timeout: an interval
    out: a query: source, session_owner, tracker_session_id, starts_at, ends_at
#}
{% macro touched_spans(judged_events, timeout) -%}
select
    source,
    {{ session_owner('device_id', 'user_id') }} as session_owner,
    {{ tracker_session_id('source', 'properties') | indent(4) }} as tracker_session_id,
    min(occurred_at) - {{ timeout }} as starts_at,
    max(occurred_at) + {{ timeout }} as ends_at
from {{ judged_events }}
where coalesce(device_id, user_id) is not null and occurred_at is not null
group by
    source,
    {{ session_owner('device_id', 'user_id') }},
    {{ tracker_session_id('source', 'properties') | indent(4) }},
    cast(occurred_at as date)
{%- endmacro %}
