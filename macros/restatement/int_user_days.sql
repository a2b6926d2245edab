{#
    The user-days that may have changed since the model that runs has run last. An event of the
    batch touches every user of its session owner on every date of that owner's in the batch.

    in:  as batch_events()
    out: a query: user_id, activity_date
#}
{% macro touched_user_days(judged_events, sessionized_events) -%}
with batch as (
    {{ batch_events(judged_events, sessionized_events) | indent }}
),

users as (
    select distinct
        source,
        session_owner,
        user_id
    from batch
    where user_id is not null
),

dates as (
    select distinct
        source,
        session_owner,
        event_date as activity_date
    from batch
)

select distinct
    users.user_id,
    dates.activity_date
from users
inner join dates on users.source = dates.source and users.session_owner = dates.session_owner
{%- endmacro %}


{#
    The events that int_user_days and int_user_platform_days count: all in a full build, those of
    touched user-days in an increment.

    in:  as batch_events()
    out: a query with the columns of int_sessionized_events
#}
{% macro events_of_touched_user_days(judged_events, sessionized_events) -%}
select sessionized_events.*
from {{ sessionized_events }} as sessionized_events
{%- if is_incremental() %}
inner join (
    {{ touched_user_days(judged_events, sessionized_events) | indent }}
) as touched
    on
        sessionized_events.session_user_id = touched.user_id
        and sessionized_events.event_date = touched.activity_date
{%- endif %}
{%- endmacro %}


{#- Tombstones of int_user_days and int_user_platform_days: the touched user-days. -#}
{% macro user_day_tombstones() -%}
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
