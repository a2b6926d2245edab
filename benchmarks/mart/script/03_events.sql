create table marts.fct_events as
select
    line_runs.landing_file,
    landed.rowid + line_runs.shift as line_number,
    coalesce(
        landed.event_id, line_runs.landing_file || ':' || (landed.rowid + line_runs.shift)
    ) as event_id,
    sessions.session_id,
    users.hashed as user_id,
    coalesce(sessions.stitched_user_id, users.hashed) as stitched_user_id,
    devices.hashed as device_id,
    'app' as source,
    landed.event_name,
    landed.platform,
    landed.app_version,
    landed.entry not in (
        'transfer_completed', 'transfer_failed', 'card_application_decided', 'push_received'
    ) as is_activity,
    landed.is_bot,
    landed.received_at > landed.occurred_at + interval 24 hour as is_late,
    landed.properties,
    line_runs.landed_date,
    seoul_date(landed.occurred_at) as event_date,
    landed.occurred_at,
    landed.received_at
from landed
inner join line_runs
    on
        landed.rowid // 2048 = line_runs.bucket
        and landed.rowid >= line_runs.from_pos
        and landed.rowid < line_runs.to_pos
left join session_events on landed.rowid = session_events.pos
left join sessions on session_events.session_number = sessions.session_number
left join identifiers as users on landed.user_key = users.key
left join identifiers as devices on landed.device_key = devices.key
where landed.violations is null and landed.rowid not in (select pos from copies);

-- The few events that are rejected or carry unplanned properties.
create temp table odd_events as
select rowid as pos, *
from landed
where
    (violations is not null or other_properties is not null)
    and rowid not in (select pos from copies);

create temp table rejected as
select
    landed.pos,
    line_runs.landing_file,
    landed.pos + line_runs.shift as line_number,
    coalesce(
        landed.event_id, line_runs.landing_file || ':' || (landed.pos + line_runs.shift)
    ) as event_id,
    users.hashed as user_id,
    devices.hashed as device_id,
    landed.event_name,
    landed.entry,
    landed.platform,
    landed.app_version,
    landed.is_bot,
    landed.properties,
    line_runs.landed_date,
    landed.occurred_at,
    landed.received_at,
    landed.violations,
    landed.id_warnings,
    mask(landed.raw_line) as masked_line
from odd_events as landed
inner join line_runs
    on
        landed.pos // 2048 = line_runs.bucket
        and landed.pos >= line_runs.from_pos
        and landed.pos < line_runs.to_pos
left join identifiers as users on landed.user_key = users.key
left join identifiers as devices on landed.device_key = devices.key
where landed.violations is not null
union all
select
    null as pos,
    files.landing_file,
    broken.line_number,
    files.landing_file || ':' || broken.line_number as event_id,
    null as user_id,
    null as device_id,
    null as event_name,
    null as entry,
    null as platform,
    null as app_version,
    false as is_bot,
    null as properties,
    files.landed_date,
    null as occurred_at,
    files.landed_date + interval 1 day as received_at,
    ['unreadable_line'] as violations,
    null as id_warnings,
    mask(broken.raw_line) as masked_line
from broken
inner join files on broken.path = files.path;

-- The properties of an event that its plan does not know.
create temp table unplanned_properties as
select
    pos,
    shown_name(name) as property
from (
    select
        pos,
        unnest(list_filter(
            list_distinct(json_keys(other_properties)),
            lambda name: not list_contains(case entry
                when 'screen_viewed'
                    then ['screenName', 'previousScreen', 'durationMs', 'scrollDepth']
                when 'app_opened' then ['launchSource', 'campaignId']
                when 'logged_in' then ['method']
                when 'signup_started' then ['referralCode']
                when 'signup_identity_verified' then ['method', 'attempts']
                when 'signup_completed' then ['marketingConsent']
                when 'account_linked'
                    then ['bankCode', 'accountType', 'isPrimary', 'consentExpiresAt']
                when 'transfer_started' then ['transferId', 'amount', 'channel']
                when 'transfer_confirmed' then ['transferId', 'amount', 'authMethod']
                when 'transfer_completed' then ['transferId', 'amount', 'bankCode', 'fee']
                when 'transfer_failed' then ['transferId', 'amount', 'errorCode']
                when 'card_application_started' then ['applicationId', 'cardProduct']
                when 'card_application_submitted'
                    then ['applicationId', 'annualIncome', 'employment']
                when 'card_application_decided'
                    then ['applicationId', 'isApproved', 'creditLimit', 'decidedAt']
                else ['messageId', 'campaignId']
            end, name)
        )) as name
    from odd_events
    where other_properties is not null
);

create table marts.fct_rejected_events as
select
    rejected.landing_file,
    rejected.line_number,
    rejected.event_id,
    null::varchar as session_id,
    rejected.user_id,
    rejected.user_id as stitched_user_id,
    rejected.device_id,
    'app' as source,
    rejected.event_name,
    rejected.platform,
    rejected.app_version,
    coalesce(rejected.entry not in (
        'transfer_completed', 'transfer_failed', 'card_application_decided', 'push_received'
    ), false) as is_activity,
    rejected.is_bot,
    coalesce(rejected.received_at > rejected.occurred_at + interval 24 hour, false) as is_late,
    mask_properties(rejected.properties) as properties,
    rejected.landed_date,
    seoul_date(rejected.occurred_at) as event_date,
    rejected.occurred_at,
    rejected.received_at,
    rejected.violations,
    list_concat(rejected.id_warnings, warned.warnings) as warnings,
    null::varchar as plan_hash,
    rejected.masked_line
from rejected
left join (
    select pos, list_sort(list(distinct 'unplanned_property:' || property)) as warnings
    from unplanned_properties
    group by pos
) as warned on rejected.pos = warned.pos;
