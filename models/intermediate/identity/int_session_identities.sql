{%- set horizon = "interval '" ~ var('horizon_days') ~ "' day" -%}
{{ config(**restated_config(withdraw='withdraw_sessions()', unique_key=['session_id'])) }}

with judged_events as (
    select * from {{ ref('int_judged_events') }}
),

sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
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
        {{ touched_moments('judged_events', 'sessionized_events') | indent(8) }}
    ) as moments
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

{#
    Smallest and largest user id are the same where one user alone signed in: two aggregates over a
    frame of the horizon, so that a device's history is read once and never joined with itself.
#}
users_nearby as (
    select
        session_id,
        source,
        device_id,
        user_id,
        min(user_id) over sessions_nearby as smallest_user_id,
        max(user_id) over sessions_nearby as largest_user_id,
        min(user_id) over sessions_ahead as user_id_ahead,
        started_at,
        is_touched
    from identified_sessions
    window
        sessions_nearby as (
            partition by source, device_id, case when device_id is null then user_id end
            order by started_at
            range between {{ horizon }} preceding and {{ horizon }} following
        ),
        sessions_ahead as (
            partition by source, device_id, case when device_id is null then user_id end
            order by started_at
            range between current row and {{ horizon }} following
        )
),

session_identities as (
    select
        session_id,
        source,
        device_id,
        user_id,
        case
            when user_id is not null then user_id
            when smallest_user_id = largest_user_id then user_id_ahead
        end as stitched_user_id,
        case
            when user_id is not null then 'signed_in'
            when smallest_user_id <> largest_user_id then 'shared_device'
            when user_id_ahead is not null then 'stitched'
            else 'anonymous'
        end as identity_basis,
        started_at,
        (select max(restatement_number) from judged_events) as restatement_number
    from users_nearby
    where is_touched
)

{%- if is_incremental() %}

{# What is as it was is not written again. #}
select session_identities.*
from session_identities
left join {{ this }} as known on session_identities.session_id = known.session_id
where
    known.session_id is null
    or known.identity_basis <> session_identities.identity_basis
    or known.stitched_user_id is distinct from session_identities.stitched_user_id
{%- else %}

select * from session_identities
{%- endif %}
