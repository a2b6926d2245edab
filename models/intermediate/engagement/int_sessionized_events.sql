with judged_events as (
    select * from {{ ref('int_judged_events') }}
),

{# Events of a person: a server's event or a crawler's opens no session. #}
activity_events as (
    select
        *,
        coalesce('device ' || device_id, 'user ' || user_id) as session_owner
    from judged_events
    where
        outcome = 'valid'
        and is_activity
        and not is_bot
        and coalesce(device_id, user_id) is not null
),

gaps as (
    select
        *,
        occurred_at - lag(occurred_at) over (
            partition by source, session_owner order by occurred_at, landing_file, line_number
        ) as idle_time
    from activity_events
),

visits as (
    select
        *,
        sum(case
            when idle_time <= interval '{{ var("session_timeout_minutes") }}' minute then 0
            else 1
        end) over (
            partition by source, session_owner
            order by occurred_at, landing_file, line_number
            rows between unbounded preceding and current row
        ) as visit_number
    from gaps
),

{#
    Signing in part-way leaves the last known user null, so it does not end the session; another
    user's sign-in does.
#}
known_users as (
    select
        *,
        {{ last_present('user_id') }} over (
            partition by source, session_owner, visit_number
            order by occurred_at, landing_file, line_number
            rows between unbounded preceding and 1 preceding
        ) as last_user_id
    from visits
),

user_changes as (
    select
        *,
        sum(case when user_id <> last_user_id then 1 else 0 end) over (
            partition by source, session_owner, visit_number
            order by occurred_at, landing_file, line_number
            rows between unbounded preceding and current row
        ) as user_change_count
    from known_users
),

{#
    A sender may use an id twice, so the first event's id alone would not name one session: its
    moment and owner do, and, where another user signs in within the same moment, the count of such
    changes.
#}
sessionized_events as (
    select
        {{ dbt.hash(
            "source || ' ' || session_owner || ' ' || first_value(event_id) over session_order"
            ~ " || ' ' || " ~ moment_text('first_value(occurred_at) over session_order')
            ~ " || ' ' || cast(user_change_count as varchar)"
        ) }} as session_id,
        landing_file,
        line_number,
        event_id,
        event_name,
        source,
        max(user_id) over (
            partition by source, session_owner, visit_number, user_change_count
        ) as session_user_id,
        device_id,
        platform,
        app_version,
        row_number() over session_order as session_event_number,
        occurred_at
    from user_changes
    window session_order as (
        partition by source, session_owner, visit_number, user_change_count
        order by occurred_at, landing_file, line_number
    )
)

select * from sessionized_events
