{%- set horizon = "interval '" ~ var('horizon_days') ~ "' day" -%}
{{ config(**restated_config(
    unique_key=['session_id'],
    storage=partitioned_by('day(started_at)'),
)) }}
-- depends_on: {{ ref('int_sessionized_events') }}

with judged_events as (
    select * from {{ ref('int_judged_events') }}
    {%- if is_incremental() %}
    where restatement_number > {{ watermark() }}
    {%- endif %}
),

sessions as (
    select * from {{ ref('int_sessions') }}
),

{%- if is_incremental() %}

touched_spans as (
    select
        source,
        session_owner,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from (
        {{ batch_events('judged_events', ref('int_sessionized_events')) | indent(8) }}
    ) as batch
    group by source, session_owner
),

{# Whose a session is may hang on those within the horizon, and theirs on it. #}
identified_sessions as (
    select
        sessions.*,
        sessions.started_at between touched_spans.first_at - {{ horizon }}
        and touched_spans.last_at + {{ horizon }} as is_touched
    from sessions
    inner join touched_spans
        on
            sessions.source = touched_spans.source
            and {{ session_owner('sessions.device_id', 'sessions.user_id') }}
            = touched_spans.session_owner
            and sessions.started_at >= touched_spans.first_at - 2 * {{ horizon }}
            and sessions.started_at <= touched_spans.last_at + 2 * {{ horizon }}
),
{%- else %}

identified_sessions as (
    select
        *,
        true as is_touched
    from sessions
),
{%- endif %}

restated_sessions as (
    select * from sessions
    {%- if is_incremental() %}
    where restatement_number > {{ watermark() }}
    {%- endif %}
),

{# Somebody's without a look at another session: most are. #}
signed_in_sessions as (
    select
        session_id,
        source,
        device_id,
        user_id,
        user_id as stitched_user_id,
        'signed_in' as identity_basis,
        started_at
    from restated_sessions
    where user_id is not null
),

anonymous_devices as (
    select distinct
        source,
        device_id
    from identified_sessions
    where user_id is null
),

{#
    Smallest and largest user id are the same where one user alone signed in: two aggregates over a
    frame of the horizon, so that a device's history is read once and never joined with itself.
#}
users_nearby as (
    select
        identified_sessions.session_id,
        identified_sessions.source,
        identified_sessions.device_id,
        identified_sessions.user_id,
        min(identified_sessions.user_id) over sessions_nearby as smallest_user_id,
        max(identified_sessions.user_id) over sessions_nearby as largest_user_id,
        min(identified_sessions.user_id) over sessions_ahead as user_id_ahead,
        identified_sessions.started_at,
        identified_sessions.is_touched
    from identified_sessions
    inner join anonymous_devices
        on
            identified_sessions.source = anonymous_devices.source
            and identified_sessions.device_id = anonymous_devices.device_id
    window
        sessions_nearby as (
            partition by identified_sessions.source, identified_sessions.device_id
            order by identified_sessions.started_at
            range between {{ horizon }} preceding and {{ horizon }} following
        ),
        sessions_ahead as (
            partition by identified_sessions.source, identified_sessions.device_id
            order by identified_sessions.started_at
            range between current row and {{ horizon }} following
        )
),

anonymous_sessions as (
    select
        session_id,
        source,
        device_id,
        user_id,
        case when smallest_user_id = largest_user_id then user_id_ahead end as stitched_user_id,
        case
            when smallest_user_id <> largest_user_id then 'shared_device'
            when user_id_ahead is not null then 'stitched'
            else 'anonymous'
        end as identity_basis,
        started_at
    from users_nearby
    where user_id is null and is_touched
),

{%- if is_incremental() %}

{# What is as it was, of a session that is, is not written again. #}
changed_sessions as (
    select anonymous_sessions.*
    from anonymous_sessions
    left join restated_sessions
        on anonymous_sessions.session_id = restated_sessions.session_id
    left join {{ this }} as known
        on
            anonymous_sessions.session_id = known.session_id
            and anonymous_sessions.started_at = known.started_at
    where
        restated_sessions.session_id is not null
        or known.session_id is null
        or known.identity_basis <> anonymous_sessions.identity_basis
        or known.stitched_user_id is distinct from anonymous_sessions.stitched_user_id
),
{%- endif %}

session_identities as (
    select
        *,
        (select max(restatement_number) from judged_events) as restatement_number
    from (
        select * from signed_in_sessions
        union all
        select * from {{ 'changed_sessions' if is_incremental() else 'anonymous_sessions' }}
    ) as identities
)

select * from session_identities
