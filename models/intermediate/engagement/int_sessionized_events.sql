{{ config(**restated_config(
    withdraw='withdraw_judged_events()',
    unique_key=['landing_file', 'line_number'],
)) }}

with judged_events as (
    select * from {{ ref('int_judged_events') }}
    {%- if is_incremental() %}
    where restatement_number > {{ restated_until() }}
    {%- endif %}
),

{# Events of a person: a server's event or a crawler's opens no session. #}
new_events as (
    select
        landing_file,
        line_number,
        event_id,
        event_name,
        source,
        user_id,
        device_id,
        platform,
        app_version,
        case
            when {{ text_contains('properties', "'campaignId'") }}
                then {{ json_text_at('properties', "'campaignId'") }}
        end as campaign_id,
        event_date,
        occurred_at
    from judged_events
    where
        outcome = 'valid'
        and is_activity
        and not is_bot
        and coalesce(device_id, user_id) is not null
),

{%- if is_incremental() %}

{# Between which moments of a day an owner's events were loaded, or judged anew. #}
touched_spans as (
    select
        source,
        {{ session_owner('device_id', 'user_id') }} as session_owner,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from judged_events
    where coalesce(device_id, user_id) is not null and occurred_at is not null
    group by source, {{ session_owner('device_id', 'user_id') }}, cast(occurred_at as date)
),

{#
    A visit is what its owner did without a pause as long as the timeout. What comes nearer to it
    than that may make it longer, part it or make its users change; nothing else does.
#}
touched_events as (
    select
        landing_file,
        line_number,
        event_id,
        event_name,
        source,
        user_id,
        device_id,
        platform,
        app_version,
        campaign_id,
        event_date,
        occurred_at
    from {{ this }} as sessionized
    where
        exists (
            select 1 from touched_spans
            where
                sessionized.source = touched_spans.source
                and {{ session_owner('sessionized.device_id', 'sessionized.user_id') }}
                = touched_spans.session_owner
                and sessionized.visit_started_at
                <= touched_spans.last_at + interval '{{ var("session_timeout_minutes") }}' minute
                and sessionized.visit_ended_at
                >= touched_spans.first_at - interval '{{ var("session_timeout_minutes") }}' minute
        )
        and not exists (
            select 1 from judged_events
            where
                sessionized.landing_file = judged_events.landing_file
                and sessionized.line_number = judged_events.line_number
        )
),
{%- endif %}

activity_events as (
    select
        *,
        {{ session_owner('device_id', 'user_id') }} as session_owner
    from new_events
    {%- if is_incremental() %}
    union all
    select
        *,
        {{ session_owner('device_id', 'user_id') }} as session_owner
    from touched_events
    {%- endif %}
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
        ) as last_user_id,
        min(occurred_at) over (
            partition by source, session_owner, visit_number
        ) as visit_started_at,
        max(occurred_at) over (
            partition by source, session_owner, visit_number
        ) as visit_ended_at
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
        user_id,
        max(user_id) over (
            partition by source, session_owner, visit_number, user_change_count
        ) as session_user_id,
        device_id,
        campaign_id,
        platform,
        app_version,
        row_number() over session_order as session_event_number,
        event_date,
        occurred_at,
        visit_started_at,
        visit_ended_at,
        (select max(restatement_number) from judged_events) as restatement_number
    from user_changes
    window session_order as (
        partition by source, session_owner, visit_number, user_change_count
        order by occurred_at, landing_file, line_number
    )
)

select * from sessionized_events
