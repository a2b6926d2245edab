{%- set timeout = "interval '" ~ var('session_timeout_minutes') ~ "' minute" -%}
{%- set spans = touched_spans('judged_events', timeout) -%}
{{ config(**restated_config(
    unique_key=['landing_file', 'line_number'],
    storage=partitioned_by('event_date'),
)) }}

with judged_events as (
    select * from {{ ref('int_judged_events') }}
    {%- if is_incremental() %}
    where restatement_number > {{ watermark() }}
    {%- endif %}
),

{# Only what people do opens a session: no server's event and no bot's. #}
new_events as (
    select
        landing_file,
        line_number,
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
        occurred_at,
        {{ tracker_session_id('source', 'properties') | indent(8) }} as tracker_session_id,
        {#- Events without a device are one series for each user. #}
        case when device_id is null then user_id end as lone_user_id
    from judged_events
    where
        outcome = 'valid'
        and is_activity
        and not is_bot
        and coalesce(device_id, user_id) is not null
),

{%- if is_incremental() %}

touched_spans as (
    {{ spans | indent }}
),

{# Part 2: the known events of such visits, each once, without those that are judged again. #}
touched_events as (
    select distinct
        {%- for name in [
            'landing_file', 'line_number', 'event_name', 'source', 'user_id', 'device_id',
            'platform', 'app_version', 'campaign_id', 'event_date', 'occurred_at',
            'tracker_session_id',
        ] %}
        sessionized.{{ name }},
        {%- endfor %}
        case when sessionized.device_id is null then sessionized.user_id end as lone_user_id
    from {{ this }} as sessionized
    inner join touched_spans
        on
            sessionized.source = touched_spans.source
            and {{ session_owner('sessionized.device_id', 'sessionized.user_id') }}
            = touched_spans.session_owner
            and (
                sessionized.tracker_session_id = touched_spans.tracker_session_id
                or (
                    sessionized.visit_started_at <= touched_spans.ends_at
                    and sessionized.visit_ended_at >= touched_spans.starts_at
                )
            )
    left join judged_events
        on
            sessionized.landing_file = judged_events.landing_file
            and sessionized.line_number = judged_events.line_number
    where judged_events.landing_file is null
),
{%- endif %}

activity_events as (
    select * from new_events
    {%- if is_incremental() %}
    union all
    select * from touched_events
    {%- endif %}
),

gaps as (
    select
        *,
        occurred_at - lag(occurred_at) over owner_order as idle_time
    from activity_events
    window owner_order as (
        partition by source, device_id, lone_user_id, tracker_session_id
        order by occurred_at, landing_file, line_number
    )
),

visits as (
    select
        *,
        max(case
            when idle_time <= {{ timeout }} then null
            {#- A tracker's session ends when the tracker says so. #}
            when tracker_session_id is not null and idle_time is not null then null
            else occurred_at
        end) over (owner_order rows between unbounded preceding and current row)
            as visit_started_at,
        {{ last_present('user_id') }} over (
            owner_order rows between unbounded preceding and 1 preceding
        ) as last_user_id,
        max(case when user_id is not null then occurred_at end) over (
            owner_order rows between unbounded preceding and 1 preceding
        ) as last_user_at,
        row_number() over owner_order as owner_event_number
    from gaps
    window owner_order as (
        partition by source, device_id, lone_user_id, tracker_session_id
        order by occurred_at, landing_file, line_number
    )
),

{#
    A sign-in ends the session only if another user was known before in the visit: an anonymous
    visitor who signs in stays in the session.
#}
user_changes as (
    select
        *,
        coalesce(user_id <> last_user_id and last_user_at >= visit_started_at, false)
            as is_user_change
    from visits
),

{#
    The user of an event's session is the user known last in the visit. Where none is known yet, it
    is the next one to sign in.
#}
numbered_events as (
    select
        *,
        max(occurred_at) over visit as visit_ended_at,
        max(case when is_user_change then occurred_at end) over until_now as changed_at,
        coalesce(
            max(case when is_user_change then owner_event_number end) over until_now,
            min(owner_event_number) over visit
        ) as first_event_number,
        sum(case when is_user_change then 1 else 0 end) over until_now as user_change_count,
        coalesce(
            {{ last_present('user_id') }} over until_now,
            {{ first_present('user_id') }} over from_now
        ) as session_user_id
    from user_changes
    window
        visit as (
            partition by source, device_id, lone_user_id, tracker_session_id, visit_started_at
        ),
        until_now as (
            visit order by owner_event_number rows between unbounded preceding and current row
        ),
        from_now as (
            visit order by owner_event_number rows between current row and unbounded following
        )
),

{#
    A session's id is a hash of its source, owner and first moment, and of the user changes in the
    visit so far, which tell apart two sessions of one moment, and of the tracker's id. Senders may
    reuse an event's id.
#}
sessionized_events as (
    select
        {{ dbt.hash(
            "source || ' ' || " ~ session_owner('device_id', 'user_id') ~ " || ' ' || "
            ~ moment_text('coalesce(changed_at, visit_started_at)')
            ~ " || ' ' || cast(user_change_count as varchar)"
            ~ " || coalesce(' ' || tracker_session_id, '')"
        ) }} as session_id,
        landing_file,
        line_number,
        event_name,
        source,
        user_id,
        session_user_id,
        device_id,
        campaign_id,
        tracker_session_id,
        platform,
        app_version,
        owner_event_number - first_event_number + 1 as session_event_number,
        event_date,
        occurred_at,
        visit_started_at,
        visit_ended_at,
        (select max(restatement_number) from judged_events) as restatement_number
    from numbered_events
)

select * from sessionized_events
