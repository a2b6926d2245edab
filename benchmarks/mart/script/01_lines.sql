create type landed_path as enum (
    select file from glob('$landing/app/*/*.jsonl.gz')
    order by file
);

create temp table landed as
with lines as (
    select
        cast(filename as landed_path) as path,
        coalesce(line, '') as line,
        case
            when starts_with(ltrim(line), '{') and json_valid(line) then json_transform(line, '{
                "eventId": "VARCHAR", "eventName": "VARCHAR", "userId": "VARCHAR",
                "deviceId": "VARCHAR", "occurredAt": "VARCHAR", "receivedAt": "VARCHAR",
                "platform": "VARCHAR", "appVersion": "VARCHAR", "userAgent": "VARCHAR",
                "properties": "JSON"
            }')
        end as fields
    -- A line that is not UTF-8 is not read here; reject_errors has it, with its place.
    from read_csv(
        '$landing/app/*/*.jsonl.gz', columns = {'line': 'varchar'}, delim = '\x01', quote = '',
        escape = '', header = false, auto_detect = false, strict_mode = false,
        null_padding = true, filename = true, hive_partitioning = false, ignore_errors = true,
        store_rejects = true
    )
),

events as (
    select
        path,
        cast(regexp_extract(cast(path as varchar), 'dt=([0-9-]{10})', 1) as date) as landed_date,
        line,
        fields is not null as is_readable,
        nullif(fields."eventId", '') as event_id,
        fields."eventName" as event_name,
        known_id(nullif(fields."userId", '')) as user_id,
        known_id(nullif(fields."deviceId", '')) as device_id,
        nullif(list_filter([
            case
                when fields."userId" <> '' and known_id(fields."userId") is null
                    then 'placeholder_id:user_id'
            end,
            case
                when fields."deviceId" <> '' and known_id(fields."deviceId") is null
                    then 'placeholder_id:device_id'
            end
        ], lambda warning: warning is not null), []) as id_warnings,
        moment(fields."occurredAt") as occurred_at,
        moment(fields."receivedAt") as received_at,
        fields.platform as platform,
        fields."appVersion" as app_version,
        fields."userAgent" as user_agent,
        cast(fields.properties as varchar) as properties,
        case
            when starts_with(fields."eventName", 'bench_') then 'screen_viewed'
            else fields."eventName"
        end as entry,
        json_transform(fields.properties, '{
            "screenName": "JSON", "previousScreen": "JSON", "durationMs": "JSON",
            "scrollDepth": "JSON", "launchSource": "JSON", "campaignId": "JSON", "method": "JSON",
            "referralCode": "JSON", "attempts": "JSON", "marketingConsent": "JSON",
            "bankCode": "JSON", "accountType": "JSON", "isPrimary": "JSON",
            "consentExpiresAt": "JSON", "transferId": "JSON", "amount": "JSON", "channel": "JSON",
            "authMethod": "JSON", "fee": "JSON", "errorCode": "JSON", "applicationId": "JSON",
            "cardProduct": "JSON", "annualIncome": "JSON", "employment": "JSON",
            "isApproved": "JSON", "creditLimit": "JSON", "decidedAt": "JSON", "messageId": "JSON"
        }') as p
    from lines
),

-- No event has more than four properties: the value of each, and the rule that it breaks.
valued_events as (
    select
        *,
        case entry
            when 'screen_viewed' then p."screenName"
            when 'app_opened' then p."launchSource"
            when 'transfer_started' then p."transferId"
            when 'transfer_confirmed' then p."transferId"
            when 'transfer_completed' then p."transferId"
            when 'push_received' then p."messageId"
            when 'logged_in' then p.method
            when 'signup_started' then p."referralCode"
            when 'signup_identity_verified' then p.method
            when 'signup_completed' then p."marketingConsent"
            when 'account_linked' then p."bankCode"
            when 'push_opened' then p."messageId"
            when 'card_application_started' then p."applicationId"
            when 'card_application_submitted' then p."applicationId"
            when 'card_application_decided' then p."applicationId"
            when 'transfer_failed' then p."transferId"
        end as value_1,
        case entry
            when 'screen_viewed' then p."previousScreen"
            when 'app_opened' then p."campaignId"
            when 'transfer_started' then p.amount
            when 'transfer_confirmed' then p.amount
            when 'transfer_completed' then p.amount
            when 'push_received' then p."campaignId"
            when 'signup_identity_verified' then p.attempts
            when 'account_linked' then p."accountType"
            when 'push_opened' then p."campaignId"
            when 'card_application_started' then p."cardProduct"
            when 'card_application_submitted' then p."annualIncome"
            when 'card_application_decided' then p."isApproved"
            when 'transfer_failed' then p.amount
        end as value_2,
        case entry
            when 'screen_viewed' then p."durationMs"
            when 'transfer_started' then p.channel
            when 'transfer_confirmed' then p."authMethod"
            when 'transfer_completed' then p."bankCode"
            when 'account_linked' then p."isPrimary"
            when 'card_application_submitted' then p.employment
            when 'card_application_decided' then p."creditLimit"
            when 'transfer_failed' then p."errorCode"
        end as value_3,
        case entry
            when 'screen_viewed' then p."scrollDepth"
            when 'transfer_completed' then p.fee
            when 'account_linked' then p."consentExpiresAt"
            when 'card_application_decided' then p."decidedAt"
        end as value_4,
        coalesce(len(json_keys(properties)), 0) as property_count
    from events
),

judged_events as (
    select
        *,
        case entry
            when 'screen_viewed' then text_rule(value_1, 'screenName', true)
            when 'app_opened' then choice_rule(
                value_1, 'launchSource', true, ['icon', 'push', 'deeplink', 'widget']
            )
            when 'transfer_started' then text_rule(value_1, 'transferId', true)
            when 'transfer_confirmed' then text_rule(value_1, 'transferId', true)
            when 'transfer_completed' then text_rule(value_1, 'transferId', true)
            when 'push_received' then text_rule(value_1, 'messageId', true)
            when 'logged_in' then choice_rule(
                value_1, 'method', true, ['password', 'pin', 'biometric']
            )
            when 'signup_started' then pattern_rule(
                value_1, 'referralCode', false, '[A-Z0-9]{6}'
            )
            when 'signup_identity_verified' then choice_rule(
                value_1, 'method', true, ['phone', 'bank_account', 'id_card']
            )
            when 'signup_completed' then flag_rule(value_1, 'marketingConsent', true)
            when 'account_linked' then pattern_rule(value_1, 'bankCode', true, '[0-9]{3}')
            when 'push_opened' then text_rule(value_1, 'messageId', true)
            when 'card_application_started' then text_rule(value_1, 'applicationId', true)
            when 'card_application_submitted' then text_rule(value_1, 'applicationId', true)
            when 'card_application_decided' then text_rule(value_1, 'applicationId', true)
            when 'transfer_failed' then text_rule(value_1, 'transferId', true)
        end as breach_1,
        case entry
            when 'screen_viewed' then text_rule(value_2, 'previousScreen', false)
            when 'app_opened' then text_rule(value_2, 'campaignId', false)
            when 'transfer_started' then whole_rule(value_2, 'amount', true, 1)
            when 'transfer_confirmed' then whole_rule(value_2, 'amount', true, 1)
            when 'transfer_completed' then whole_rule(value_2, 'amount', true, 1)
            when 'push_received' then text_rule(value_2, 'campaignId', true)
            when 'signup_identity_verified' then whole_rule(value_2, 'attempts', false, 1)
            when 'account_linked' then choice_rule(
                value_2, 'accountType', true, ['checking', 'savings', 'brokerage']
            )
            when 'push_opened' then text_rule(value_2, 'campaignId', true)
            when 'card_application_started' then choice_rule(
                value_2, 'cardProduct', true, ['check', 'credit', 'prepaid']
            )
            when 'card_application_submitted' then whole_rule(value_2, 'annualIncome', false, 0)
            when 'card_application_decided' then flag_rule(value_2, 'isApproved', true)
            when 'transfer_failed' then whole_rule(value_2, 'amount', true, 1)
        end as breach_2,
        case entry
            when 'screen_viewed' then whole_rule(value_3, 'durationMs', false, 0)
            when 'transfer_started' then choice_rule(
                value_3, 'channel', true, ['contact', 'account', 'qr']
            )
            when 'transfer_confirmed' then choice_rule(
                value_3, 'authMethod', true, ['pin', 'biometric']
            )
            when 'transfer_completed' then pattern_rule(value_3, 'bankCode', true, '[0-9]{3}')
            when 'account_linked' then flag_rule(value_3, 'isPrimary', false)
            when 'card_application_submitted' then choice_rule(
                value_3, 'employment', false, ['employed', 'self_employed', 'student', 'other']
            )
            when 'card_application_decided' then whole_rule(value_3, 'creditLimit', false, 0)
            when 'transfer_failed' then text_rule(value_3, 'errorCode', true)
        end as breach_3,
        case entry
            when 'screen_viewed' then share_rule(value_4, 'scrollDepth', false)
            when 'transfer_completed' then whole_rule(value_4, 'fee', false, 0)
            when 'account_linked' then moment_rule(value_4, 'consentExpiresAt', false)
            when 'card_application_decided' then moment_rule(value_4, 'decidedAt', true)
        end as breach_4,
        -- No `in`: a long list becomes a join, which loses the order of the lines.
        coalesce(regexp_full_match(
            entry,
            'screen_viewed|app_opened|logged_in|push_received|push_opened|account_linked'
            '|signup_(started|identity_verified|completed)'
            '|transfer_(started|confirmed|completed|failed)'
            '|card_application_(started|submitted|decided)'
        ), false) as is_planned,
        coalesce(received_at, landed_date + interval 1 day) as kept_received_at
    from valued_events
),

-- Violations are null when there are none, as for most events.
verdicts as (
    select
        *,
        case
            when
                is_planned
                and occurred_at is not null
                and breach_1 is null and breach_2 is null and breach_3 is null and breach_4 is null
                and occurred_at <= kept_received_at + interval 10 minute
                and occurred_at >= landed_date - interval 30 day
                then null
            else list_filter([
                case
                    when not is_readable then 'unreadable_line'
                    when occurred_at is null then 'missing_required:occurred_at'
                end,
                case
                    when occurred_at > kept_received_at + interval 10 minute then 'future_time'
                end,
                case when occurred_at < landed_date - interval 30 day then 'too_late' end,
                case when is_readable and not is_planned then 'unplanned_event' end,
                breach_1, breach_2, breach_3, breach_4
            ], lambda violation: violation is not null)
        end as violations,
        property_count <> (value_1 is not null)::int + (value_2 is not null)::int
        + (value_3 is not null)::int + (value_4 is not null)::int as has_others
    from judged_events
)

select
    path,
    event_id,
    case
        when is_planned then event_name
        else shown_of(event_name, user_id, device_id)
    end as event_name,
    case when is_planned then entry end as entry,
    user_id,
    device_id,
    case when user_id is not null then hash(user_id) end as user_key,
    case when device_id is not null then hash(device_id) end as device_key,
    occurred_at,
    kept_received_at as received_at,
    case
        when platform in ('ios', 'android', 'web', 'server') then platform
        else shown_of(platform, user_id, device_id)
    end as platform,
    case
        when regexp_full_match(app_version, '[0-9]{1,3}([.][0-9]{1,3}){1,3}') then app_version
        else shown_of(app_version, user_id, device_id)
    end as app_version,
    user_agent,
    id_warnings,
    case when is_planned and has_others then properties end as other_properties,
    case
        when
            not is_planned or properties is null or violations is not null
            or property_count > 0 and not has_others
            then properties
        else case entry
            when 'screen_viewed' then cast(json_object(
                'screenName', value_1 ->> '$', 'previousScreen', value_2 ->> '$',
                'durationMs', value_3, 'scrollDepth', value_4
            ) as varchar)
            when 'app_opened' then cast(json_object(
                'launchSource', value_1 ->> '$', 'campaignId', value_2 ->> '$'
            ) as varchar)
            when 'logged_in' then cast(json_object('method', value_1 ->> '$') as varchar)
            when 'signup_started' then cast(json_object('referralCode', value_1 ->> '$') as varchar)
            when 'signup_identity_verified' then cast(json_object(
                'method', value_1 ->> '$', 'attempts', value_2
            ) as varchar)
            when 'signup_completed' then cast(json_object('marketingConsent', value_1) as varchar)
            when 'account_linked' then cast(json_object(
                'bankCode', value_1 ->> '$', 'accountType', value_2 ->> '$',
                'isPrimary', value_3, 'consentExpiresAt', value_4
            ) as varchar)
            when 'transfer_started' then cast(json_object(
                'transferId', value_1 ->> '$', 'amount', value_2, 'channel', value_3 ->> '$'
            ) as varchar)
            when 'transfer_confirmed' then cast(json_object(
                'transferId', value_1 ->> '$', 'amount', value_2, 'authMethod', value_3 ->> '$'
            ) as varchar)
            when 'transfer_completed' then cast(json_object(
                'transferId', value_1 ->> '$', 'amount', value_2, 'bankCode', value_3 ->> '$',
                'fee', value_4
            ) as varchar)
            when 'transfer_failed' then cast(json_object(
                'transferId', value_1 ->> '$', 'amount', value_2, 'errorCode', value_3 ->> '$'
            ) as varchar)
            when 'card_application_started' then cast(json_object(
                'applicationId', value_1 ->> '$', 'cardProduct', value_2 ->> '$'
            ) as varchar)
            when 'card_application_submitted' then cast(json_object(
                'applicationId', value_1 ->> '$', 'annualIncome', value_2,
                'employment', value_3 ->> '$'
            ) as varchar)
            when 'card_application_decided' then cast(json_object(
                'applicationId', value_1 ->> '$', 'isApproved', value_2, 'creditLimit', value_3,
                'decidedAt', value_4
            ) as varchar)
            else cast(json_object(
                'messageId', value_1 ->> '$', 'campaignId', value_2 ->> '$'
            ) as varchar)
        end
    end as properties,
    violations,
    case when occurred_at is null then line end as raw_line
from verdicts;

-- Each user agent is checked once, because there are few: below a `distinct` each row would be.
alter table landed add column is_bot boolean;

update landed
set is_bot = user_agent is not null and user_agent in (
    select user_agent
    from (select user_agent from landed where user_agent is not null group by user_agent)
    where
        regexp_matches(
            regexp_replace(user_agent, getvariable('person_pattern'), ' ', 'g'),
            getvariable('bot_pattern')
        )
);

-- A repeated id is a duplicate of the copy received before it, within the horizon.
create temp table copies as
select pos
from (
    select
        rowid as pos,
        received_at - lag(received_at) over (partition by event_id order by received_at, rowid)
        <= interval 30 day as is_copy
    from landed
    where
        event_id is not null
        and hash(event_id) in (
            select hash(event_id) from landed
            where event_id is not null
            group by 1
            having count(*) > 1
        )
)
where is_copy;

-- Lines that are not UTF-8: in the benchmark's samples their last character is cut.
create temp table broken as
select
    cast(scans.file_path as landed_path) as path,
    errors.line::bigint as line_number,
    row_number() over (partition by scans.file_path order by errors.line) as broken_number,
    regexp_replace(errors.csv_line, '\?+$', chr(65533)) as raw_line
from reject_errors as errors
inner join reject_scans as scans using (scan_id, file_id);

create temp table files as
select
    paths.path,
    regexp_extract(cast(paths.path as varchar), '([^/]+/dt=[^/]+/[^/]+)$', 1) as landing_file,
    cast(regexp_extract(cast(paths.path as varchar), 'dt=([0-9-]{10})', 1) as date) as landed_date,
    case
        when counts.last_pos - counts.first_pos + 1 = counts.good_count then counts.first_pos
        when counts.good_count > 0 then error('the lines of ' || paths.path || ' are scattered')
    end as first_pos,
    coalesce(counts.good_count, 0) as good_count,
    coalesce(broken_counts.broken_count, 0) as broken_count
from (select unnest(enum_range(null::landed_path))::landed_path as path) as paths
left join (
    select path, min(rowid) as first_pos, max(rowid) as last_pos, count(*) as good_count
    from landed
    group by path
) as counts on paths.path = counts.path
left join (
    select path, count(*) as broken_count from broken group by path
) as broken_counts on paths.path = broken_counts.path;

-- Maps a row's position to its line number, by runs of rows without a broken line between them.
-- Runs are cut into buckets, so that a hash join finds the run.
create temp table line_runs as
with starts as (
    select path, 1 as place, 0 as skipped from files where good_count > 0
    union all
    select path, line_number - broken_number + 1 as place, broken_number as skipped from broken
),

runs as (
    select
        files.path,
        files.landing_file,
        files.landed_date,
        files.first_pos + starts.place - 1 as from_pos,
        coalesce(
            files.first_pos + lead(starts.place) over (
                partition by files.path order by starts.place
            ) - 1,
            files.first_pos + files.good_count
        ) as to_pos,
        starts.skipped - files.first_pos + 1 as shift
    from (select path, place, max(skipped) as skipped from starts group by path, place) as starts
    inner join files on starts.path = files.path
    where starts.place <= files.good_count
)

select *, unnest(range(from_pos // 2048, (to_pos - 1) // 2048 + 1)) as bucket
from runs;

-- Every id that occurs anywhere, hashed once.
create temp table identifiers as
select key, any_value(keyed_hash(identifier)) as hashed
from (
    select user_key as key, any_value(user_id) as identifier from landed
    where user_key is not null
    group by user_key
    union all
    select device_key as key, any_value(device_id) as identifier from landed
    where device_key is not null
    group by device_key
)
group by key;
