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

new_sessions as (
    select * from sessions
    {%- if is_incremental() %}
    where restatement_number > {{ watermark() }}
    {%- endif %}
),

{# Most sessions have a user of their own: no other session needs to be looked at. #}
signed_in_sessions as (
    select
        session_id,
        source,
        device_id,
        user_id,
        user_id as stitched_user_id,
        'signed_in' as identity_basis,
        started_at
    from new_sessions
    where user_id is not null
),

{%- if is_incremental() %}

{#
    The increment, part 1: the time between an owner's first and last event of the batch. Who owns
    an anonymous session depends on the sign-ins at most the horizon away, so the sessions within
    the horizon of such a span may change, and the sessions up to two horizons away decide how.
#}
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

considered_sessions as (
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

considered_sessions as (
    select
        *,
        true as is_touched
    from sessions
),
{%- endif %}

anonymous_devices as (
    select distinct
        source,
        device_id
    from considered_sessions
    where user_id is null
),

{#
    One user alone signed in near a session where the smallest and the largest user id are the same.
    Window aggregates over the horizon read a device's history once, without a join with itself.
#}
users_nearby as (
    select
        considered_sessions.session_id,
        considered_sessions.source,
        considered_sessions.device_id,
        considered_sessions.user_id,
        min(considered_sessions.user_id) over sessions_nearby as smallest_user_id,
        max(considered_sessions.user_id) over sessions_nearby as largest_user_id,
        min(considered_sessions.user_id) over sessions_ahead as user_id_ahead,
        considered_sessions.started_at,
        considered_sessions.is_touched
    from considered_sessions
    inner join anonymous_devices
        on
            considered_sessions.source = anonymous_devices.source
            and considered_sessions.device_id = anonymous_devices.device_id
    window
        sessions_nearby as (
            partition by considered_sessions.source, considered_sessions.device_id
            order by considered_sessions.started_at
            range between {{ horizon }} preceding and {{ horizon }} following
        ),
        sessions_ahead as (
            partition by considered_sessions.source, considered_sessions.device_id
            order by considered_sessions.started_at
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

{# The increment, part 2: anonymous sessions that did not change are not written again. #}
changed_sessions as (
    select anonymous_sessions.*
    from anonymous_sessions
    left join new_sessions
        on anonymous_sessions.session_id = new_sessions.session_id
    left join {{ this }} as known
        on
            anonymous_sessions.session_id = known.session_id
            and anonymous_sessions.started_at = known.started_at
    where
        new_sessions.session_id is not null
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
