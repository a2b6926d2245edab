create temp table activity as
select
    coalesce(device_key, xor(user_key, 6364136223846793005::ubigint)) as owner,
    occurred_at,
    rowid as pos,
    user_key
from landed
where
    violations is null
    and not is_bot
    and coalesce(device_key, user_key) is not null
    and entry not in (
        'transfer_completed', 'transfer_failed', 'card_application_decided', 'push_received'
    )
    and rowid not in (select pos from copies)
order by owner, occurred_at, pos;

-- Another user signs in within a session: this happens only on a shared device.
create temp table user_changes as
with shared_owners as (
    select owner from activity
    group by owner
    having min(user_key) <> max(user_key)
),

gaps as (
    select
        rowid as place,
        owner,
        user_key,
        occurred_at - lag(occurred_at) over (partition by owner order by rowid) as idle_time
    from activity
    where owner in (select owner from shared_owners)
),

visits as (
    select
        *,
        sum(case when idle_time <= interval 30 minute then 0 else 1 end) over (
            partition by owner order by place rows between unbounded preceding and current row
        ) as visit_number
    from gaps
),

known_users as (
    select
        place,
        user_key,
        last_value(user_key ignore nulls) over (
            partition by owner, visit_number order by place
            rows between unbounded preceding and 1 preceding
        ) as last_user_key
    from visits
)

select place from known_users
where user_key <> last_user_key;

create temp table session_events as
with steps as (
    select
        pos,
        owner,
        user_key,
        occurred_at,
        rowid in (select place from user_changes) as is_user_change,
        coalesce(
            owner <> lag(owner) over () or occurred_at - lag(occurred_at) over ()
            > interval 30 minute,
            true
        ) as is_visit_start
    from activity
)

select
    pos,
    owner,
    user_key,
    occurred_at,
    is_visit_start,
    sum((is_visit_start or is_user_change)::int) over (
        rows between unbounded preceding and current row
    )::bigint as session_number
from steps;

drop table activity;

create temp table numbered_sessions as
select
    *,
    session_number - max(case when has_visit_start then session_number end) over (
        order by session_number rows between unbounded preceding and current row
    ) as user_change_count
from (
    select
        session_number,
        any_value(owner) as owner,
        max(user_key) as user_key,
        bool_or(is_visit_start) as has_visit_start,
        count(*) as event_count,
        arg_min(pos, rowid) as first_pos,
        arg_max(pos, rowid) as last_pos,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at
    from session_events
    group by session_number
);

create temp table identities as
with nearby as (
    select
        session_number,
        user_key,
        min(user_key) over sessions_nearby as smallest,
        max(user_key) over sessions_nearby as largest,
        min(user_key) over sessions_ahead as ahead
    from numbered_sessions
    where owner in (select owner from numbered_sessions where user_key is null)
    window
        sessions_nearby as (
            partition by owner order by started_at
            range between interval 30 day preceding and interval 30 day following
        ),
        sessions_ahead as (
            partition by owner order by started_at
            range between current row and interval 30 day following
        )
)

select
    session_number,
    case when smallest = largest then ahead end as stitched_key,
    case
        when smallest <> largest then 'shared_device'
        when ahead is not null then 'stitched'
        else 'anonymous'
    end as identity_basis
from nearby
where user_key is null;

create temp table sessions as
select
    numbered_sessions.session_number,
    md5(
        'app ' || case
            when firsts.device_key is not null then 'device ' || devices.hashed
            else 'user ' || users.hashed
        end
        || ' ' || numbered_sessions.started_at || ' ' || numbered_sessions.user_change_count
    ) as session_id,
    numbered_sessions.user_key,
    users.hashed as user_id,
    coalesce(numbered_sessions.user_key, identities.stitched_key) as stitched_key,
    coalesce(users.hashed, stitched.hashed) as stitched_user_id,
    coalesce(identities.identity_basis, 'signed_in') as identity_basis,
    devices.hashed as device_id,
    case
        when firsts.entry in ('app_opened', 'push_opened')
            then firsts.properties ->> '$.campaignId'
    end as campaign_id,
    firsts.platform,
    firsts.app_version,
    firsts.event_name as entry_event_name,
    lasts.event_name as exit_event_name,
    numbered_sessions.event_count,
    numbered_sessions.started_at,
    numbered_sessions.ended_at
from numbered_sessions
inner join landed as firsts on numbered_sessions.first_pos = firsts.rowid
inner join landed as lasts on numbered_sessions.last_pos = lasts.rowid
left join identities on numbered_sessions.session_number = identities.session_number
left join identifiers as users on numbered_sessions.user_key = users.key
left join identifiers as stitched on identities.stitched_key = stitched.key
left join identifiers as devices on firsts.device_key = devices.key;

-- From here on nothing depends on the order of rows.
set preserve_insertion_order = false;

create table marts.fct_sessions as
select
    session_id,
    user_id,
    stitched_user_id,
    identity_basis,
    device_id,
    campaign_id,
    'app' as source,
    platform,
    app_version,
    entry_event_name,
    exit_event_name,
    user_id is not null as is_signed_in,
    event_count,
    date_sub('second', started_at, ended_at) as duration_seconds,
    seoul_date(started_at) as session_date,
    started_at,
    ended_at
from sessions;
