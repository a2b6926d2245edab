-- The mart by hand: what somebody who knows DuckDB well would write instead of the models, to make
-- the tables of models/marts/ once from the landing zone of make_landing.py, and as fast as it goes.
--
-- It keeps to the same rules (verdicts of the plan, duplicates within the horizon, keyed hashes,
-- masks, sessions, identity, metrics) and takes every shortcut that its outcome allows:
--   * one pass over the lines parses, types and judges them all; no table an event, no views
--   * what is kept is temporary; ids of people are 64-bit hashes until the last step
--   * a line's place is its row in the temporary table, which keeps the order of the files
--   * sessions come from one sort and running counts; windows are for shared devices only
--   * Seoul is nine hours ahead of UTC, in every year that the logs are of
--   * ids are long and begin with u_ or d_, so names that are in the plan hold none
-- It can load once, and from nothing else: no ledger of files, no late file, no replay, no erasure,
-- no tests. `metric_restatements` is what runs remember, so it has none; `plan_hash`, which tells by
-- which version of the YAML an event was judged, is null.
--
-- The further events of make_landing.py are planned as `screen_viewed` is, under their own names.
-- The runner (by_hand.py) puts the paths for $landing and $seeds, and gives the key as variables.

set TimeZone = 'UTC';
create schema marts;

create temp macro keyed_hash(identifier) as left(sha256(
    getvariable('logmart_outer_block')
    || unhex(sha256(getvariable('logmart_inner_block') || encode(identifier)))
), 32);

create temp macro moment(iso) as case
    when regexp_full_match(
        iso,
        '\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)'
    ) then make_timestamp(epoch_us(try_cast(iso as timestamptz)))
end;

create temp macro seoul_date(utc) as cast(utc + interval 9 hour as date);

create temp macro mask(text) as regexp_replace(
    regexp_replace(text, '[A-Za-z]|[^\x00-\x7F]', 'a', 'g'), '[0-9]', '9', 'g'
);

create temp macro shown_name(text) as case
    when
        regexp_full_match(text, '[A-Za-z0-9_.$ -]{0,64}')
        and not regexp_matches(
            text, '[0-9]{5}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-|[0-9A-Fa-f]{16}'
        ) then text
    else mask(text)
end;

create temp macro shown_of(text, user_id, device_id) as case
    when
        (length(user_id) >= 4 and contains(text, user_id))
        or (length(device_id) >= 4 and contains(text, device_id)) then shown_name(mask(text))
    else shown_name(text)
end;

create temp macro shown_value(value) as regexp_replace(
    regexp_replace(cast(value as varchar), '[A-Za-z]|[^\x00-\x7F]', 'a', 'g'), '[0-9]', '9', 'g'
);

create temp macro mask_properties(text) as coalesce(
    '{' || array_to_string(list_transform(
        map_entries(try(json_transform(text, '"MAP(VARCHAR, JSON)"'))),
        lambda entry: '"' || shown_name(entry.key) || '": '
        || coalesce(shown_value(entry.value), 'null')
    ), ', ') || '}',
    mask(text)
);

-- The rules of the plan: null, or what a value breaks.
create temp macro unfit(value, name, is_required) as case
    when coalesce(json_type(value), 'NULL') <> 'NULL' then 'wrong_type:' || name
    when is_required then 'missing_required:' || name
end;
create temp macro text_rule(value, name, is_required) as case
    when starts_with(cast(value as varchar), '"') then null
    else unfit(value, name, is_required)
end;
create temp macro choice_rule(value, name, is_required, allowed) as case
    when
        list_contains(
            list_transform(allowed, lambda one: '"' || one || '"'), cast(value as varchar)
        ) then null
    when json_type(value) = 'VARCHAR'
        then case when not list_contains(allowed, value ->> '$') then 'not_allowed:' || name end
    else unfit(value, name, is_required)
end;
create temp macro pattern_rule(value, name, is_required, pattern) as case
    when json_type(value) = 'VARCHAR'
        then case
            when not regexp_full_match(value ->> '$', pattern) then 'pattern_mismatch:' || name
        end
    else unfit(value, name, is_required)
end;
create temp macro whole(value) as case
    when json_type(value) in ('BIGINT', 'UBIGINT') then try_cast(value ->> '$' as bigint)
end;
create temp macro whole_rule(value, name, is_required, least) as case
    -- Most are sound: told by their letters, not by a cast. The least is 0 or 1.
    when regexp_full_match(cast(value as varchar), '[1-9][0-9]{0,17}') then null
    when whole(value) is null then unfit(value, name, is_required)
    when whole(value) < least then 'out_of_range:' || name
end;
create temp macro share(value) as case
    when json_type(value) in ('BIGINT', 'UBIGINT', 'DOUBLE')
        then case
            when isfinite(try_cast(value ->> '$' as double)) then cast(value ->> '$' as double)
        end
end;
create temp macro share_rule(value, name, is_required) as case
    when regexp_full_match(cast(value as varchar), '0[.][0-9]{1,9}|[01]') then null
    when share(value) is null then unfit(value, name, is_required)
    when share(value) < 0 or share(value) > 1 then 'out_of_range:' || name
end;
create temp macro flag_rule(value, name, is_required) as case
    when json_type(value) = 'BOOLEAN' then null
    else unfit(value, name, is_required)
end;
create temp macro moment_rule(value, name, is_required) as case
    when json_type(value) = 'VARCHAR' and moment(value ->> '$') is not null then null
    else unfit(value, name, is_required)
end;

-- ---------------------------------------------------------------- lines, typed and judged

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
    -- A line that is no UTF-8 is not read here: it is in reject_errors, with its place.
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
        nullif(fields."userId", '') as user_id,
        nullif(fields."deviceId", '') as device_id,
        moment(fields."occurredAt") as occurred_at,
        moment(fields."receivedAt") as received_at,
        fields.platform as platform,
        fields."appVersion" as app_version,
        coalesce(regexp_matches(
            lower(fields."userAgent"),
            'bot|crawl|spider|slurp|headless|feed|fetch|python-requests|curl|wget|libwww'
            '|okhttp-monitor'
        ), false) as is_bot,
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

-- No event has more than four properties: the value of each, and what it breaks.
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
        -- No `in`: a long one becomes a join, which loses the order of the lines.
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

-- An event without violations has null for them, most of all have none.
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
    is_bot,
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

-- Lines that are no UTF-8: the samples of the benchmark are cut inside a character, at their end.
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
    sizes.size as size_bytes,
    case
        when counts.last_pos - counts.first_pos + 1 = counts.good_count then counts.first_pos
        when counts.good_count > 0 then error('the lines of ' || paths.path || ' are scattered')
    end as first_pos,
    coalesce(counts.good_count, 0) as good_count,
    coalesce(broken_counts.broken_count, 0) as broken_count
from (select unnest(enum_range(null::landed_path))::landed_path as path) as paths
inner join read_blob('$landing/app/*/*.jsonl.gz') as sizes
    on paths.path = cast(sizes.filename as landed_path)
left join (
    select path, min(rowid) as first_pos, max(rowid) as last_pos, count(*) as good_count
    from landed
    group by path
) as counts on paths.path = counts.path
left join (
    select path, count(*) as broken_count from broken group by path
) as broken_counts on paths.path = broken_counts.path;

-- From a row's position to the number of its line, by runs of rows without a broken line between
-- them, cut into buckets so that a hash join finds the run.
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

-- ---------------------------------------------------------------- records

create temp macro a_text(value) as case when json_type(value) = 'VARCHAR' then value ->> '$' end;
create temp macro a_flag(value) as case
    when json_type(value) = 'BOOLEAN' then (value ->> '$') = 'true'
end;
create temp macro a_moment(value) as case
    when json_type(value) = 'VARCHAR' then moment(value ->> '$')
end;
create temp macro absent(value) as coalesce(json_type(value), 'NULL') = 'NULL';

create temp table user_states as
select
    a_text(f."userId") as user_id,
    a_text(f.region) as region,
    a_text(f.segment) as segment,
    a_text(f.status) as user_status,
    a_flag(f."marketingConsent") as has_marketing_consent,
    a_moment(f."createdAt") as created_at,
    a_moment(f."updatedAt") as updated_at,
    regexp_extract(filename, 'dt=([0-9-]{10})', 1)::date + interval 1 day as landed_at
from (
    select filename, number, json_transform(line, '{
        "userId": "JSON", "birthYear": "JSON", "region": "JSON", "segment": "JSON",
        "status": "JSON", "marketingConsent": "JSON", "createdAt": "JSON", "updatedAt": "JSON"
    }') as f
    from (
        select filename, json as line, row_number() over () as number
        from read_json_objects(
            '$landing/bank/*/users.jsonl.gz', format = 'newline_delimited', filename = true
        )
    )
)
where
    user_id is not null
    and (whole(f."birthYear") between 1900 and 2100 or absent(f."birthYear"))
    and (regexp_full_match(region, '[A-Z]{2}-[A-Z0-9]{1,3}') or absent(f.region))
    and (segment in ('youth', 'mass', 'affluent', 'premium') or absent(f.segment))
    and user_status in ('active', 'dormant', 'closed')
    and has_marketing_consent is not null
    and created_at is not null
    and updated_at is not null
qualify row_number() over (partition by user_id, updated_at order by number desc) = 1;

create temp table ledger as
select
    a_text(f."transferId") as transfer_id,
    a_text(f."userId") as user_id,
    a_text(f."bankCode") as bank_code,
    a_text(f.status) as ledger_status,
    a_text(f."errorCode") as error_code,
    whole(f.amount) as amount_krw,
    whole(f.fee) as fee_krw,
    a_moment(f."createdAt") as created_at,
    a_moment(f."settledAt") as settled_at
from (
    select number, json_transform(line, '{
        "transferId": "JSON", "userId": "JSON", "amount": "JSON", "bankCode": "JSON",
        "fee": "JSON", "status": "JSON", "errorCode": "JSON", "createdAt": "JSON",
        "settledAt": "JSON"
    }') as f
    from (
        select json as line, row_number() over () as number
        from read_json_objects(
            '$landing/bank/*/transfers.jsonl.gz', format = 'newline_delimited', filename = true
        )
    )
)
where
    transfer_id is not null
    and user_id is not null
    and amount_krw >= 1
    and regexp_full_match(bank_code, '[0-9]{3}')
    and (fee_krw >= 0 or absent(f.fee))
    and ledger_status in ('settled', 'failed')
    and (error_code is not null or absent(f."errorCode"))
    and created_at is not null
    and (settled_at is not null or absent(f."settledAt"))
qualify row_number() over (partition by transfer_id order by number desc) = 1;

create temp table sends as
select
    a_text(f."messageId") as message_id,
    a_text(f."campaignId") as campaign_id,
    a_text(f."userId") as user_id,
    a_text(f.channel) as channel,
    a_text(f.status) as send_status,
    whole(f.attempt) as attempt_number,
    coalesce(a_flag(f.unsubscribed), false) as has_unsubscribed,
    a_flag(f."isHoldout") as is_holdout,
    a_moment(f."sentAt") as sent_at
from (
    select number, json_transform(line, '{
        "messageId": "JSON", "campaignId": "JSON", "userId": "JSON", "channel": "JSON",
        "status": "JSON", "attempt": "JSON", "unsubscribed": "JSON", "isHoldout": "JSON",
        "sentAt": "JSON"
    }') as f
    from (
        select json as line, row_number() over () as number
        from read_json_objects(
            '$landing/crm/*/sends.jsonl.gz', format = 'newline_delimited', filename = true
        )
    )
)
where
    message_id is not null
    and campaign_id is not null
    and user_id is not null
    and channel is not null
    and channel in ('push', 'message')
    and (
        send_status in ('sent', 'delivered', 'failed', 'dead_letter') or absent(f.status)
    )
    and attempt_number >= 0
    and (a_flag(f.unsubscribed) is not null or absent(f.unsubscribed))
    and is_holdout is not null
    and sent_at is not null
qualify row_number() over (partition by message_id, attempt_number order by number desc) = 1;

create temp table campaigns as
select
    a_text(f."campaignId") as campaign_id,
    a_text(f.name) as campaign_name,
    a_text(f.channel) as channel,
    share(f."holdoutShare") as holdout_share,
    a_moment(f."startsAt") as starts_at,
    a_moment(f."endsAt") as ends_at
from (
    select number, json_transform(line, '{
        "campaignId": "JSON", "name": "JSON", "channel": "JSON", "holdoutShare": "JSON",
        "startsAt": "JSON", "endsAt": "JSON"
    }') as f
    from (
        select json as line, row_number() over () as number
        from read_json_objects(
            '$landing/crm/*/campaigns.jsonl.gz', format = 'newline_delimited', filename = true
        )
    )
)
where
    campaign_id is not null
    and campaign_name is not null
    and channel in ('push', 'message')
    and (holdout_share between 0 and 1 or absent(f."holdoutShare"))
    and starts_at is not null
    and (ends_at is not null or absent(f."endsAt"))
qualify row_number() over (partition by campaign_id order by number desc) = 1;

-- Whoever is named anywhere, hashed once.
create temp table identifiers as
select key, any_value(identifier) as identifier, any_value(hashed) as hashed
from (
    select hash(identifier) as key, identifier, keyed_hash(identifier) as hashed
    from (
        select any_value(user_id) as identifier from landed
        where user_key is not null
        group by user_key
        union
        select any_value(device_id) as identifier from landed
        where device_key is not null
        group by device_key
        union
        select user_id from user_states
        union
        select user_id from ledger
        union
        select user_id from sends
    )
)
group by key;

-- ---------------------------------------------------------------- sessions

create temp table activity as
select
    coalesce(device_key, xor(user_key, 6364136223846793005::ubigint)) as owner,
    occurred_at,
    rowid as pos,
    user_key,
    coalesce(platform, 'unknown') as platform
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

-- Where another user signs in within a visit: only a shared device can have that.
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
        platform,
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
    platform,
    occurred_at,
    is_visit_start,
    sum((is_visit_start or is_user_change)::int) over (
        rows between unbounded preceding and current row
    )::bigint as session_number
from steps;

drop table activity;

-- What somebody did on a platform on a date within a session.
create temp table session_days as
select
    session_number,
    platform,
    seoul_date(occurred_at) as activity_date,
    any_value(owner) as owner,
    max(user_key) as user_key,
    bool_or(is_visit_start) as has_visit_start,
    count(*) as event_count,
    min(rowid) as first_place,
    max(rowid) as last_place,
    arg_min(pos, rowid) as first_pos,
    arg_max(pos, rowid) as last_pos,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at
from session_events
group by session_number, platform, activity_date;

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
        bool_or(has_visit_start) as has_visit_start,
        sum(event_count)::bigint as event_count,
        arg_min(first_pos, first_place) as first_pos,
        arg_max(last_pos, last_place) as last_pos,
        min(started_at) as started_at,
        max(ended_at) as ended_at
    from session_days
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
        || ' ' || coalesce(
            firsts.event_id,
            line_runs.landing_file || ':' || (numbered_sessions.first_pos + line_runs.shift)
        )
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
inner join line_runs
    on
        numbered_sessions.first_pos // 2048 = line_runs.bucket
        and numbered_sessions.first_pos >= line_runs.from_pos
        and numbered_sessions.first_pos < line_runs.to_pos
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
    date_diff('second', started_at, ended_at) as duration_seconds,
    seoul_date(started_at) as session_date,
    started_at,
    ended_at
from sessions;

-- ---------------------------------------------------------------- events

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

-- The few that are rejected or carry more than is planned.
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
    mask(broken.raw_line) as masked_line
from broken
inner join files on broken.path = files.path;

-- What an event carries that its plan does not know.
create temp table unplanned_properties as
select
    pos,
    event_name,
    platform,
    app_version,
    received_at,
    shown_name(name) as property,
    list_extract(map_extract(entries, name), 1) as value
from (
    select
        pos,
        event_name,
        platform,
        app_version,
        received_at,
        json_transform(other_properties, '"MAP(VARCHAR, JSON)"') as entries,
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
    coalesce(warned.warnings, []) as warnings,
    null::varchar as plan_hash,
    rejected.masked_line
from rejected
left join (
    select pos, list_sort(list(distinct 'unplanned_property:' || property)) as warnings
    from unplanned_properties
    group by pos
) as warned on rejected.pos = warned.pos;

-- ---------------------------------------------------------------- operations

-- One pass counts the events for all that is counted by day.
create temp table event_counts as
select
    event_name,
    entry is null as is_unplanned,
    platform,
    app_version,
    seoul_date(occurred_at) as occurred_date,
    seoul_date(received_at) as received_date,
    violations is null as is_valid,
    is_bot,
    count(*) as event_count,
    count(*) filter (where received_at > occurred_at + interval 24 hour) as late_count,
    max(date_diff('second', occurred_at, received_at)) as longest_lag_seconds,
    min(received_at) as first_received_at,
    max(received_at) as last_received_at
from landed
where rowid not in (select pos from copies)
group by all
union all
select
    null, true, null, null, null, seoul_date(received_at), false, false, count(*), 0, null,
    min(received_at), max(received_at)
from rejected
where pos is null
group by 6;

create temp table business_dates as
select cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date)
    as business_date
from (
    select
        min(occurred_date) filter (where is_valid) as first_date,
        (
            select max(seoul_date(received_at))
            from (
                select max(received_at) as received_at from landed
                union all
                select max(received_at) from rejected
            )
        ) as last_date
    from event_counts
);

create temp table present as
select max(received_at) as now_at
from (
    select max(received_at) as received_at from landed
    union all
    select max(received_at) from rejected
);

create table marts.fct_landed_files as
select
    files.landing_file,
    'app' as source,
    files.size_bytes,
    files.good_count + files.broken_count as line_count,
    coalesce(outcomes.valid_count, 0) as valid_count,
    coalesce(outcomes.rejected_count, 0) + files.broken_count as rejected_count,
    coalesce(duplicates.duplicate_count, 0) as duplicate_count,
    0::bigint as erased_count,
    coalesce(outcomes.late_count, 0) as late_count,
    coalesce(outcomes.bot_count, 0) as bot_count,
    files.landed_date,
    outcomes.first_occurred_at,
    outcomes.last_occurred_at
from files
left join (
    select
        path,
        count(*) filter (where violations is null) as valid_count,
        count(*) filter (where violations is not null) as rejected_count,
        count(*) filter (
            where violations is null and received_at > occurred_at + interval 24 hour
        ) as late_count,
        count(*) filter (where violations is null and is_bot) as bot_count,
        min(occurred_at) filter (where violations is null) as first_occurred_at,
        max(occurred_at) filter (where violations is null) as last_occurred_at
    from landed
    where rowid not in (select pos from copies)
    group by path
) as outcomes on files.path = outcomes.path
left join (
    select path, count(*) as duplicate_count
    from landed
    where rowid in (select pos from copies)
    group by path
) as duplicates on files.path = duplicates.path;

create temp table ingestion_days as
select
    event_name,
    platform,
    app_version,
    business_date,
    sum(event_count)::bigint as event_count,
    sum(received_count)::bigint as received_count,
    sum(rejected_count)::bigint as rejected_count,
    sum(late_count)::bigint as late_count,
    max(longest_lag_seconds) as longest_lag_seconds,
    min(first_received_at) as first_received_at,
    max(last_received_at) as last_received_at
from (
    select
        event_name, platform, app_version, occurred_date as business_date, event_count,
        0 as received_count, 0 as rejected_count, 0 as late_count, null as longest_lag_seconds,
        null as first_received_at, null as last_received_at
    from event_counts
    where is_valid
    union all
    select
        case when not is_unplanned then event_name end as event_name, platform, app_version,
        received_date as business_date, 0 as event_count, event_count as received_count,
        case when is_valid then 0 else event_count end as rejected_count, late_count,
        longest_lag_seconds, first_received_at, last_received_at
    from event_counts
)
group by all;

create temp table holidays as
select * from read_csv('$seeds/holidays.csv', header = true);
create temp table known_outages as
select source, event_name, platform, started_at::timestamp as started_at,
    ended_at::timestamp as ended_at
from read_csv('$seeds/known_outages.csv', header = true, all_varchar = true);

create temp table left_out_days as
select null::varchar as source, null::varchar as event_name, null::varchar as platform,
    holiday_date as business_date
from holidays
union all
select source, event_name, platform, cast(unnest(generate_series(
    seoul_date(started_at), seoul_date(ended_at), interval 1 day
)) as date)
from known_outages;

create temp table event_volumes as
with whole_days as (
    select
        (select max(seoul_date(last_received_at)) from ingestion_days) as present_date,
        min(business_date) filter (where received_count > 0) as first_date
    from ingestion_days
),

counts as (
    select event_name, platform, app_version, false as is_all_versions, business_date, event_count
    from ingestion_days
    where event_name is not null
    union all
    select event_name, platform, null, true, business_date, sum(event_count)::bigint
    from ingestion_days
    where event_name is not null
    group by event_name, platform, business_date
),

version_ends as (
    select platform, app_version, max(business_date) as last_date
    from ingestion_days
    group by platform, app_version
),

volume_spans as (
    select
        row_number() over () as volume,
        counts.event_name,
        counts.platform,
        counts.app_version,
        counts.is_all_versions,
        greatest(
            min(counts.business_date), min(whole_days.first_date) + interval 1 day
        ) as first_date,
        case
            when counts.is_all_versions then min(whole_days.present_date) - interval 1 day
            else least(
                min(version_ends.last_date), min(whole_days.present_date) - interval 1 day
            )
        end as last_date
    from counts
    cross join whole_days
    left join version_ends
        on
            counts.platform is not distinct from version_ends.platform
            and counts.app_version is not distinct from version_ends.app_version
    group by counts.event_name, counts.platform, counts.app_version, counts.is_all_versions
),

volumes as materialized (
    select
        days.volume,
        days.event_name,
        days.platform,
        days.app_version,
        days.is_all_versions,
        days.business_date,
        coalesce(counts.event_count, 0) as event_count,
        exists (
            select 1 from left_out_days
            where
                left_out_days.business_date = days.business_date
                and coalesce(left_out_days.source, 'app') = 'app'
                and coalesce(left_out_days.event_name, days.event_name) = days.event_name
                and (left_out_days.platform is null or left_out_days.platform = days.platform)
        ) as is_left_out
    from (
        select
            *,
            cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date)
                as business_date
        from volume_spans
    ) as days
    left join counts
        on
            days.event_name = counts.event_name
            and days.platform is not distinct from counts.platform
            and days.app_version is not distinct from counts.app_version
            and days.is_all_versions = counts.is_all_versions
            and days.business_date = counts.business_date
),

reference_volumes as (
    select
        volume,
        cast(business_date + weeks.week_number * interval 7 day as date) as business_date,
        count(*) as reference_count,
        median(event_count)::double as expected_count,
        min(event_count) as least_count,
        max(event_count) as most_count
    from volumes
    cross join (select unnest([1, 2, 3, 4]) as week_number) as weeks
    where not is_left_out
    group by 1, 2
)

select
    volumes.*,
    coalesce(reference_volumes.reference_count, 0) as reference_count,
    reference_volumes.expected_count,
    reference_volumes.least_count,
    reference_volumes.most_count
from volumes
left join reference_volumes
    on
        volumes.volume = reference_volumes.volume
        and volumes.business_date = reference_volumes.business_date;

create table marts.ingestion_health_daily as
select
    coalesce(ingestion_days.business_date, volumes.business_date) as business_date,
    'app' as source,
    coalesce(ingestion_days.event_name, volumes.event_name) as event_name,
    coalesce(ingestion_days.platform, volumes.platform) as platform,
    coalesce(ingestion_days.app_version, volumes.app_version) as app_version,
    coalesce(ingestion_days.event_count, 0) as event_count,
    case when volumes.reference_count >= 3 then volumes.expected_count end as expected_count,
    coalesce(ingestion_days.event_count, 0) / nullif(
        case when volumes.reference_count >= 3 then volumes.expected_count end, 0
    ) as volume_ratio,
    coalesce(volumes.is_left_out, false) as is_left_out,
    coalesce(ingestion_days.received_count, 0) as received_count,
    coalesce(ingestion_days.rejected_count, 0) as rejected_count,
    ingestion_days.rejected_count::double / nullif(ingestion_days.received_count, 0)
        as rejected_share,
    coalesce(ingestion_days.late_count, 0) as late_count,
    ingestion_days.late_count::double / nullif(ingestion_days.received_count, 0) as late_share,
    ingestion_days.longest_lag_seconds,
    ingestion_days.first_received_at,
    ingestion_days.last_received_at
from ingestion_days
full outer join (select * from event_volumes where not is_all_versions) as volumes
    on
        ingestion_days.business_date = volumes.business_date
        and ingestion_days.event_name = volumes.event_name
        and coalesce(ingestion_days.platform, '') = coalesce(volumes.platform, '')
        and coalesce(ingestion_days.app_version, '') = coalesce(volumes.app_version, '');

create table marts.rejected_events_daily as
with groups as (
    select
        received_date, event_name, platform, app_version,
        sum(event_count)::bigint as event_count,
        coalesce(sum(event_count) filter (where not is_valid), 0)::bigint as rejected_count
    from event_counts
    group by all
),

reasons as (
    select received_date, event_name, platform, app_version, reason, count(*) as reason_count
    from (
        select
            seoul_date(received_at) as received_date, event_name, platform, app_version,
            unnest(violations) as reason
        from rejected
    )
    group by all
)

select
    groups.received_date,
    'app' as source,
    groups.event_name,
    groups.platform,
    groups.app_version,
    reasons.reason,
    groups.event_count,
    groups.rejected_count,
    reasons.reason_count,
    reasons.reason_count::double / groups.event_count as reason_share
from groups
inner join reasons
    on
        groups.received_date = reasons.received_date
        and groups.event_name is not distinct from reasons.event_name
        and groups.platform is not distinct from reasons.platform
        and groups.app_version is not distinct from reasons.app_version;

create table marts.unplanned_registry as
with unplanned as (
    select
        'event' as kind, event_name, null::varchar as property, platform, app_version,
        received_at, 'object' as value_kind, mask_properties(properties) as masked_value
    from rejected
    where list_contains(violations, 'unplanned_event')
    union all
    select
        'property', event_name, property, platform, app_version, received_at,
        case json_type(value)
            when 'VARCHAR' then 'string'
            when 'BIGINT' then 'number'
            when 'UBIGINT' then 'number'
            when 'DOUBLE' then 'number'
            when 'BOOLEAN' then 'boolean'
            when 'OBJECT' then 'object'
            when 'ARRAY' then 'array'
            else 'null'
        end,
        substring(shown_value(value), 1, 100)
    from unplanned_properties
),

ranked as (
    select
        *,
        coalesce(
            case
                when regexp_full_match(
                    app_version, 'v?[0-9]{1,8}([.][0-9]{1,8}){0,3}([-+ ].*)?'
                ) then array_to_string(list_transform(
                    string_split(
                        regexp_extract(app_version, '^v?([0-9.]+)', 1) || '.0.0.0', '.'
                    )[1:4],
                    lambda part: lpad(part, 8, '0')
                ), '.')
            end,
            repeat('~', 35)
        ) || app_version as ranked_version
    from unplanned
)

select
    md5(concat_ws(
        chr(31), 'app', kind, coalesce(event_name, ''), coalesce(property, ''),
        coalesce(platform, '')
    )) as unplanned_id,
    'app' as source,
    kind,
    event_name,
    property,
    platform,
    count(*) as event_count,
    substring(min(ranked_version), 36) as min_app_version,
    substring(max(ranked_version), 36) as max_app_version,
    string_agg(distinct value_kind, ', ' order by value_kind) as value_kinds,
    min(substring(masked_value, 1, 100)) as masked_sample,
    min(received_at) as first_seen_at,
    max(received_at) as last_seen_at
from ranked
group by kind, event_name, property, platform;

-- What a device, or a user where none is known, sent on a date in a version.
create temp table sent_events as
select distinct
    platform,
    app_version,
    event_name,
    seoul_date(occurred_at) as business_date,
    coalesce(device_key, xor(user_key, 6364136223846793005::ubigint)) as sender
from landed
where
    violations is null
    and not is_bot
    and app_version is not null
    and coalesce(device_key, user_key) is not null
    and entry not in ('push_received', 'push_opened')
    and rowid not in (select pos from copies);

create temp table version_silences as
with active_senders as materialized (
    select distinct platform, app_version, business_date, sender
    from sent_events
    where not exists (
        select 1 from left_out_days
        where
            sent_events.business_date = left_out_days.business_date
            and coalesce(left_out_days.source, 'app') = 'app'
            and (left_out_days.platform is null or left_out_days.platform = sent_events.platform)
    )
),

version_days as (
    select platform, app_version, business_date, count(*) as sender_count
    from active_senders
    group by all
),

event_days as materialized (
    select platform, app_version, event_name, business_date, count(*) as event_sender_count
    from sent_events
    group by all
),

numbered_days as (
    select
        version_days.platform,
        version_days.app_version,
        version_events.event_name,
        version_days.business_date,
        version_days.sender_count,
        coalesce(event_days.event_sender_count, 0) as event_sender_count,
        sum(coalesce(event_days.event_sender_count, 0)) over event_order as past_event_sender_days,
        sum(version_days.sender_count) over event_order as past_sender_days,
        count(*) filter (where event_days.event_sender_count > 0) over event_order as run_number,
        max(version_days.business_date) over (
            partition by version_days.platform, version_days.app_version,
            version_events.event_name
        ) as last_version_date
    from version_days
    inner join (
        select distinct platform, app_version, event_name from event_days
    ) as version_events
        on
            version_days.platform is not distinct from version_events.platform
            and version_days.app_version = version_events.app_version
    left join event_days
        on
            version_days.platform is not distinct from event_days.platform
            and version_days.app_version = event_days.app_version
            and version_events.event_name = event_days.event_name
            and version_days.business_date = event_days.business_date
    window event_order as (
        partition by version_days.platform, version_days.app_version, version_events.event_name
        order by version_days.business_date rows between unbounded preceding and current row
    )
),

silent_runs as (
    select
        platform,
        app_version,
        event_name,
        min(business_date) as first_date,
        max(business_date) as last_date,
        max(last_version_date) as last_version_date,
        count(*) as day_count,
        sum(sender_count) as silent_sender_days,
        least(
            max(past_event_sender_days)::double / nullif(min(past_sender_days - sender_count), 0),
            0.99
        ) as usual_share,
        min(past_sender_days - sender_count) as past_sender_days
    from numbered_days
    where event_sender_count = 0
    group by platform, app_version, event_name, run_number
    having
        past_sender_days >= 30
        and usual_share > 0
        and -silent_sender_days * ln(1 - usual_share) >= -ln(0.000001)
),

counted_runs as (
    select
        *,
        (
            select count(distinct active_senders.sender) from active_senders
            where
                active_senders.platform is not distinct from silent_runs.platform
                and active_senders.app_version = silent_runs.app_version
                and active_senders.business_date between silent_runs.first_date
                and silent_runs.last_date
        ) as sender_count
    from silent_runs
)

select
    event_name,
    platform,
    app_version,
    first_date,
    last_date,
    day_count,
    last_date = last_version_date as is_ongoing,
    usual_share * silent_sender_days as expected_count
from counted_runs
where -sender_count * ln(1 - usual_share) >= -ln(0.000001);

create table marts.ingestion_findings as
with volumes as (
    select * from event_volumes
    where
        is_all_versions
        and not is_left_out
        and reference_count >= 3
        and event_name not in ('push_received', 'push_opened')
),

receipts as (
    select
        event_name,
        platform,
        business_date,
        sum(received_count) as received_count,
        sum(rejected_count) as rejected_count,
        sum(late_count) as late_count
    from ingestion_days
    where event_name is not null and received_count > 0
    group by all
    union all
    select
        null,
        null,
        business_date,
        sum(received_count),
        coalesce(sum(rejected_count) filter (where event_name is null), 0),
        0
    from ingestion_days
    where received_count > 0
    group by business_date
),

checks as (
    select
        'volume_low' as finding, event_name, platform, business_date,
        event_count as observed_count, expected_count as compared_count,
        least_count >= 50 and event_count < 0.5 * least_count as is_breached
    from volumes
    union all
    select
        'volume_high', event_name, platform, business_date, event_count, expected_count,
        event_count > 2 * greatest(most_count, 50)
    from volumes
    union all
    select
        'rejected_share', event_name, platform, business_date, rejected_count::bigint,
        received_count::double, rejected_count >= 20 and rejected_count >= 0.1 * received_count
    from receipts
    union all
    select
        'late_share', event_name, platform, business_date, late_count::bigint,
        received_count::double, late_count >= 20 and late_count >= 0.25 * received_count
    from receipts
),

numbered_checks as (
    select
        *,
        row_number() over (
            partition by finding, event_name, platform order by business_date
        ) - row_number() over (
            partition by finding, event_name, platform, is_breached order by business_date
        ) as island_number,
        max(business_date) over (partition by finding, event_name, platform) as last_checked_date
    from checks
),

hours as (
    select
        min(received_at) as first_received_at,
        max(received_at) as last_received_at,
        date_trunc('hour', received_at) as received_hour
    from (
        select received_at from landed
        union all
        select received_at from rejected
        where pos is null
    )
    group by 3
),

pauses as (
    select
        last_received_at as started_at,
        coalesce(
            lead(first_received_at) over (order by received_hour), (select now_at from present)
        ) as ended_at,
        lead(first_received_at) over (order by received_hour) is null as is_ongoing
    from hours
),

stale_sources as (
    select
        seoul_date(started_at) as first_date, seoul_date(ended_at) as last_date, is_ongoing
    from pauses
    where
        ended_at > started_at + interval 24 hour
        and not exists (
            select 1 from left_out_days
            where
                left_out_days.source = 'app'
                and left_out_days.event_name is null
                and left_out_days.platform is null
                and left_out_days.business_date
                between seoul_date(pauses.started_at) and seoul_date(pauses.ended_at)
        )
),

findings as (
    select
        finding,
        case
            when finding = 'volume_low' and min(observed_count) = 0 then 'critical'
            when
                finding = 'rejected_share'
                and sum(observed_count)::bigint >= 0.5 * sum(compared_count)
                then 'critical'
            else 'warning'
        end as severity,
        event_name,
        platform,
        null::varchar as app_version,
        count(*) as day_count,
        sum(observed_count)::bigint as observed_count,
        sum(compared_count)::double as compared_count,
        max(business_date) = max(last_checked_date) as is_ongoing,
        min(business_date) as started_date,
        max(business_date) as ended_date
    from numbered_checks
    where is_breached
    group by finding, event_name, platform, island_number
    union all
    select
        'version_silent', 'critical', event_name, platform, app_version, day_count, 0,
        expected_count, is_ongoing, first_date, last_date
    from version_silences
    union all
    select
        'stale', 'critical', null, null, null, date_diff('day', first_date, last_date) + 1, 0,
        null, is_ongoing, first_date, last_date
    from stale_sources
)

select
    md5(concat_ws(
        chr(31), finding, 'app', coalesce(event_name, ''), '', coalesce(platform, ''),
        coalesce(app_version, ''), started_date::varchar
    )) as finding_id,
    finding,
    severity,
    'app' as source,
    event_name,
    null::varchar as property,
    platform,
    app_version,
    day_count,
    observed_count,
    compared_count,
    is_ongoing,
    started_date,
    ended_date
from findings;

-- ---------------------------------------------------------------- people

create temp table user_platform_days as
select
    numbered_sessions.user_key,
    session_days.platform,
    session_days.activity_date,
    sum(session_days.event_count)::bigint as event_count
from session_days
inner join numbered_sessions using (session_number)
where numbered_sessions.user_key is not null
group by all;

create temp table user_days as
select distinct user_key, activity_date from user_platform_days;

create temp table lifetimes as
with first_sessions as (
    select stitched_key, platform, campaign_id
    from sessions
    where stitched_key is not null
    qualify row_number() over (
        partition by stitched_key order by started_at, session_id
    ) = 1
)

select
    days.user_key,
    coalesce(first_sessions.platform, 'unknown') as acquisition_platform,
    coalesce(first_sessions.campaign_id, 'no_campaign') as acquisition_campaign,
    days.first_active_date
from (
    select user_key, min(activity_date) as first_active_date from user_days group by user_key
) as days
inner join first_sessions on days.user_key = first_sessions.stitched_key;

create table marts.fct_user_days as
select
    identifiers.hashed as user_id,
    user_platform_days.platform,
    lifetimes.acquisition_platform,
    lifetimes.acquisition_campaign,
    lifetimes.first_active_date = user_platform_days.activity_date as is_first_day,
    user_platform_days.event_count,
    user_platform_days.activity_date
from user_platform_days
inner join lifetimes using (user_key)
inner join identifiers on user_platform_days.user_key = identifiers.key;

create table marts.dim_dates as
select
    business_dates.business_date,
    date_trunc('week', business_dates.business_date)::date as week_start_date,
    date_trunc('month', business_dates.business_date)::date as month_start_date,
    holidays.holiday_name
from business_dates
left join holidays on business_dates.business_date = holidays.holiday_date;

-- An active day counts its user until the window ends or the next active day takes over.
create temp table active_users as
with dimensioned_days as (
    select 'all' as dimension, 'all' as dimension_value, user_key, activity_date from user_days
    union all
    select 'platform', platform, user_key, activity_date from user_platform_days
    union all
    select 'acquisition_platform', acquisition_platform, user_key, activity_date
    from user_days
    inner join lifetimes using (user_key)
    union all
    select 'acquisition_campaign', acquisition_campaign, user_key, activity_date
    from user_days
    inner join lifetimes using (user_key)
),

active_days as (
    select
        dimension,
        dimension_value,
        activity_date,
        coalesce(lead(activity_date) over (
            partition by dimension, dimension_value, user_key order by activity_date
        ), date '9999-01-01') as next_activity_date
    from dimensioned_days
),

-- The days are few: counted by day and by how long they last before they are spread.
stays as (
    select
        dimension,
        dimension_value,
        activity_date,
        least(next_activity_date - activity_date, 28) as gap,
        count(*) as user_count
    from active_days
    group by all
),

changes as (
    select
        dimension,
        dimension_value,
        activity_date + least(gap, days)::int as change_date,
        -sum(user_count) filter (where metric = 'dau') as dau,
        -sum(user_count) filter (where metric = 'wau') as wau,
        -sum(user_count) filter (where metric = 'mau') as mau
    from stays
    cross join (values ('dau', 1), ('wau', 7), ('mau', 28)) as windows (metric, days)
    group by 1, 2, 3
    union all
    select
        dimension, dimension_value, activity_date, sum(user_count), sum(user_count),
        sum(user_count)
    from stays
    group by 1, 2, 3
)

select
    values_of.dimension,
    values_of.dimension_value,
    business_dates.business_date as activity_date,
    sum(coalesce(daily.dau, 0)) over value_dates as dau,
    sum(coalesce(daily.wau, 0)) over value_dates as wau,
    sum(coalesce(daily.mau, 0)) over value_dates as mau,
    count(*) over value_dates >= 7 as is_wau_complete,
    count(*) over value_dates >= 28 as is_mau_complete
from (select distinct dimension, dimension_value from stays) as values_of
cross join business_dates
left join (
    select
        dimension, dimension_value, change_date, sum(dau) as dau, sum(wau) as wau,
        sum(mau) as mau
    from changes
    group by all
) as daily
    on
        values_of.dimension = daily.dimension
        and values_of.dimension_value = daily.dimension_value
        and business_dates.business_date = daily.change_date
window value_dates as (
    partition by values_of.dimension, values_of.dimension_value
    order by business_dates.business_date rows between unbounded preceding and current row
);

create table marts.active_users_daily as
select
    activity_date,
    dau::bigint as dau,
    wau::bigint as wau,
    mau::bigint as mau,
    dau::double / nullif(mau, 0) as stickiness,
    is_wau_complete,
    is_mau_complete
from active_users
where dimension = 'all';

create table marts.active_users_by_dimension_daily as
select
    activity_date,
    dimension,
    dimension_value,
    dau::bigint as dau,
    wau::bigint as wau,
    mau::bigint as mau,
    dau::double / nullif(mau, 0) as stickiness,
    is_wau_complete,
    is_mau_complete
from active_users
where dimension <> 'all';

create table marts.user_lifecycle_daily as
with active_days as (
    select
        activity_date,
        activity_date - lag(activity_date) over user_order as idle_before,
        lead(activity_date) over user_order as next_activity_date
    from user_days
    window user_order as (partition by user_key order by activity_date)
),

days as (
    select activity_date, idle_before, next_activity_date, count(*) as users
    from active_days
    group by all
),

changes as (
    select activity_date as change_date, case
        when idle_before is null then 'new'
        when idle_before <= 28 then 'returning'
        else 'resurrected'
    end as state, users from days
    union all
    select activity_date + 1, 'idle', users from days
    union all
    select least(coalesce(next_activity_date, activity_date + 28), activity_date + 28), 'idle',
        -users from days
    union all
    select activity_date + 28, unnest(['churned', 'newly_churned']), users from days
    where next_activity_date is null or next_activity_date > activity_date + 28
    union all
    select next_activity_date, 'churned', -users from days
    where next_activity_date > activity_date + 28
),

states as (
    select
        business_dates.business_date as activity_date,
        coalesce(sum(users) filter (where state = 'new'), 0) as new_users,
        coalesce(sum(users) filter (where state = 'returning'), 0) as returning_users,
        coalesce(sum(users) filter (where state = 'resurrected'), 0) as resurrected_users,
        coalesce(sum(users) filter (where state = 'newly_churned'), 0) as newly_churned_users,
        coalesce(sum(users) filter (where state = 'idle'), 0) as idle_change,
        coalesce(sum(users) filter (where state = 'churned'), 0) as churned_change
    from business_dates
    left join changes on business_dates.business_date = changes.change_date
    group by 1
)

select
    activity_date,
    (sum(new_users) over dates)::bigint as known_users,
    (new_users + returning_users + resurrected_users)::bigint as active_users,
    new_users::bigint as new_users,
    returning_users::bigint as returning_users,
    resurrected_users::bigint as resurrected_users,
    (sum(idle_change) over dates)::bigint as idle_users,
    (sum(churned_change) over dates)::bigint as churned_users,
    newly_churned_users::bigint as newly_churned_users
from states
window dates as (order by activity_date rows between unbounded preceding and current row);

create table marts.retention_cohorts as
with periods as (
    select unnest(['day', 'week', 'month']) as period
),

activity as (
    select distinct
        periods.period,
        user_days.user_key,
        date_trunc(periods.period, lifetimes.first_active_date)::date as cohort_date,
        date_trunc(periods.period, user_days.activity_date)::date as period_date
    from user_days
    inner join lifetimes using (user_key)
    cross join periods
),

last_periods as (
    select period, cohort_date, user_key, max(period_date) as period_date
    from activity
    group by all
),

cohorts as (
    select period, cohort_date, count(*) as cohort_user_count
    from last_periods
    group by all
),

cohort_periods as (
    select
        cohorts.*,
        business_dates.business_date as period_date
    from cohorts
    inner join business_dates
        on
            cohorts.cohort_date <= business_dates.business_date
            and business_dates.business_date
            = date_trunc(cohorts.period, business_dates.business_date)::date
    union all
    select cohorts.*, cohort_date
    from cohorts
    where cohort_date < (select min(business_date) from business_dates)
),

retained as (
    select period, cohort_date, period_date, count(*) as user_count from activity group by all
),

lost as (
    select period, cohort_date, period_date, count(*) as user_count from last_periods group by all
),

counted as (
    select
        cohort_periods.period,
        cohort_periods.cohort_date,
        case cohort_periods.period
            when 'day' then date_diff(
                'day', cohort_periods.cohort_date, cohort_periods.period_date
            )
            when 'week' then date_diff(
                'day', cohort_periods.cohort_date, cohort_periods.period_date
            ) // 7
            else date_diff('month', cohort_periods.cohort_date, cohort_periods.period_date)
        end as period_number,
        cohort_periods.cohort_user_count,
        coalesce(retained.user_count, 0) as retained_user_count,
        cohort_periods.cohort_user_count - coalesce(sum(lost.user_count) over (
            partition by cohort_periods.period, cohort_periods.cohort_date
            order by cohort_periods.period_date
            rows between unbounded preceding and 1 preceding
        ), 0)::bigint as unbounded_retained_user_count,
        cohort_periods.period_date as period_start_date
    from cohort_periods
    left join retained using (period, cohort_date, period_date)
    left join lost using (period, cohort_date, period_date)
)

select
    period,
    cohort_date,
    period_number,
    cohort_user_count,
    retained_user_count,
    unbounded_retained_user_count,
    retained_user_count::double / cohort_user_count as retention_rate,
    unbounded_retained_user_count::double / cohort_user_count as unbounded_retention_rate,
    case period
        when 'day' then period_start_date + interval 1 day
        when 'week' then period_start_date + interval 7 day
        else period_start_date + interval 1 month
    end <= (select max(business_date) from business_dates) as is_complete,
    period_start_date
from counted;

create table marts.dim_devices as
with device_users as (
    select
        device_id,
        user_id,
        max(ended_at) as last_signed_in_at
    from sessions
    where device_id is not null and user_id is not null
    group by all
),

last_users as (
    select
        device_id,
        user_id,
        count(*) over (partition by device_id) as user_count
    from device_users
    qualify row_number() over (
        partition by device_id order by last_signed_in_at desc, user_id
    ) = 1
)

select
    'app' as source,
    seen.device_id,
    last_users.user_id as last_user_id,
    seen.platform,
    coalesce(last_users.user_count, 0) as user_count,
    coalesce(last_users.user_count > 1, false) as is_shared,
    seen.session_count,
    seen.first_seen_at,
    seen.last_seen_at
from (
    select
        device_id,
        arg_max(platform, (started_at, session_id)) as platform,
        count(*) as session_count,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at
    from sessions
    where device_id is not null
    group by device_id
) as seen
left join last_users on seen.device_id = last_users.device_id;

-- ---------------------------------------------------------------- funnels

create temp table funnels as
select * from read_csv('$seeds/funnels/funnels.csv', header = true, types = {
    'step_number': 'bigint', 'window_hours': 'bigint', 'is_same_session': 'boolean',
    'property_name': 'varchar', 'property_value': 'varchar'
})
where source = 'app';

create temp table step_events as
select
    *,
    dense_rank() over (
        partition by funnel, scope_id order by occurred_at, landing_file, line_number
    ) as position
from (
    select
        funnels.funnel,
        funnels.step_number,
        funnels.window_hours,
        events.landing_file,
        events.line_number,
        coalesce('user ' || events.stitched_user_id, 'device ' || events.device_id)
            as visitor_id,
        case
            when funnels.is_same_session then events.session_id
            else coalesce('user ' || events.stitched_user_id, 'device ' || events.device_id)
        end as scope_id,
        events.event_name,
        events.event_date,
        events.occurred_at
    from marts.fct_events as events
    inner join funnels
        on
            events.event_name = funnels.event_name
            and (
                funnels.property_name is null
                or json_extract_string(events.properties, '$."' || funnels.property_name || '"')
                = funnels.property_value
            )
    where not events.is_bot and events.event_name in (select event_name from funnels)
)
where visitor_id is not null and scope_id is not null;

-- The first event of the next step after an event, whenever it comes.
create temp table next_steps as
select
    departures.funnel,
    departures.scope_id,
    departures.step_number,
    departures.position,
    arrivals.position as next_position,
    arrivals.event_name as next_event_name,
    arrivals.landing_file as next_landing_file,
    arrivals.line_number as next_line_number,
    arrivals.occurred_at as next_occurred_at
from step_events as departures
asof inner join step_events as arrivals
    on
        departures.funnel = arrivals.funnel
        and departures.scope_id = arrivals.scope_id
        and departures.step_number + 1 = arrivals.step_number
        and departures.position < arrivals.position;

create table marts.fct_funnel_steps as
with recursive reached_steps as (
    select
        md5(funnel || ' ' || landing_file || ':' || line_number) as attempt_id,
        funnel,
        visitor_id,
        scope_id,
        step_number,
        position,
        event_name,
        landing_file,
        line_number,
        event_date as entry_date,
        occurred_at + window_hours * interval 1 hour as window_ends_at,
        occurred_at as entered_at,
        null::timestamp as previous_step_at,
        occurred_at as reached_at
    from step_events
    where step_number = 1
    union all
    select
        reached_steps.attempt_id,
        reached_steps.funnel,
        reached_steps.visitor_id,
        reached_steps.scope_id,
        reached_steps.step_number + 1,
        next_steps.next_position,
        next_steps.next_event_name,
        next_steps.next_landing_file,
        next_steps.next_line_number,
        reached_steps.entry_date,
        reached_steps.window_ends_at,
        reached_steps.entered_at,
        reached_steps.reached_at,
        next_steps.next_occurred_at
    from reached_steps
    inner join next_steps
        on
            reached_steps.funnel = next_steps.funnel
            and reached_steps.scope_id = next_steps.scope_id
            and reached_steps.step_number = next_steps.step_number
            and reached_steps.position = next_steps.position
            and reached_steps.window_ends_at >= next_steps.next_occurred_at
)

select
    attempt_id,
    funnel,
    step_number,
    event_name,
    visitor_id,
    landing_file,
    line_number,
    date_diff('millisecond', entered_at, reached_at)::double / 1000 as seconds_since_entry,
    date_diff('millisecond', previous_step_at, reached_at)::double / 1000
        as seconds_since_previous_step,
    entry_date,
    entered_at,
    reached_at
from reached_steps;

create table marts.funnel_conversions_daily as
with counted_attempts as (
    select attempt_id
    from (
        select
            attempt_id,
            funnel,
            visitor_id,
            entry_date,
            max(step_number) as last_step_number,
            min(entered_at) as entered_at
        from marts.fct_funnel_steps
        group by attempt_id, funnel, visitor_id, entry_date
    )
    qualify row_number() over (
        partition by funnel, visitor_id, entry_date
        order by last_step_number desc, entered_at, attempt_id
    ) = 1
),

conversions as (
    select
        funnel,
        step_number,
        entry_date,
        count(*) as visitor_count,
        median(seconds_since_previous_step)::double as median_seconds_since_previous_step,
        median(seconds_since_entry)::double as median_seconds_since_entry
    from marts.fct_funnel_steps
    where attempt_id in (select attempt_id from counted_attempts)
    group by funnel, step_number, entry_date
),

daily_steps as (
    select
        funnels.funnel,
        business_dates.business_date as entry_date,
        funnels.step_number,
        funnels.event_name,
        coalesce(conversions.visitor_count, 0) as visitor_count,
        conversions.median_seconds_since_previous_step,
        conversions.median_seconds_since_entry,
        business_dates.business_date + (funnels.window_hours + 24) * interval 1 hour
        <= (select max(business_date) from business_dates) as is_complete
    from funnels
    cross join business_dates
    left join conversions
        on
            funnels.funnel = conversions.funnel
            and funnels.step_number = conversions.step_number
            and business_dates.business_date = conversions.entry_date
),

compared_steps as (
    select
        *,
        first_value(visitor_count) over step_order as entered_visitor_count,
        coalesce(lag(visitor_count) over step_order, visitor_count) as previous_visitor_count
    from daily_steps
    window step_order as (partition by funnel, entry_date order by step_number)
)

select
    funnel,
    entry_date,
    step_number,
    event_name,
    entered_visitor_count,
    visitor_count,
    previous_visitor_count - visitor_count as lost_visitor_count,
    visitor_count::double / nullif(entered_visitor_count, 0) as conversion_rate,
    visitor_count::double / nullif(previous_visitor_count, 0) as step_conversion_rate,
    median_seconds_since_previous_step,
    median_seconds_since_entry,
    is_complete
from compared_steps;

-- ---------------------------------------------------------------- payments

create table marts.dim_user_states as
select
    identifiers.hashed as user_id,
    row_number() over user_order as state_number,
    user_states.region,
    user_states.segment,
    user_states.user_status,
    user_states.has_marketing_consent,
    user_states.updated_at <= (select max(landed_at) from user_states)
    and coalesce(
        lead(user_states.updated_at) over user_order > (select max(landed_at) from user_states),
        true
    ) as is_current,
    user_states.created_at,
    user_states.updated_at as valid_from,
    lead(user_states.updated_at) over user_order as valid_to
from user_states
inner join identifiers on hash(user_states.user_id) = identifiers.key
window user_order as (partition by user_states.user_id order by user_states.updated_at);

create table marts.dim_users as
select
    identifiers.hashed as user_id,
    states.user_id is not null as is_known_to_bank,
    states.region,
    states.segment,
    states.user_status,
    states.has_marketing_consent,
    states.state_number as state_count,
    seoul_date(states.created_at) as joined_date,
    states.created_at,
    states.valid_from
from (
    select key from identifiers
    semi join marts.dim_user_states as known
        on identifiers.hashed = known.user_id and known.is_current
    union
    select distinct user_key from landed
    where
        violations is null
        and user_key is not null
        and rowid not in (select pos from copies)
    union
    select distinct hash(user_id) from ledger
    union
    select distinct hash(user_id) from sends
) as users
inner join identifiers on users.key = identifiers.key
left join (select * from marts.dim_user_states where is_current) as states
    on identifiers.hashed = states.user_id;

-- The first event of each transfer, application and message that is valid and no crawler's.
create temp table keyed_events as
select
    landed.rowid as pos,
    landed.entry,
    coalesce(
        landed.properties ->> '$.transferId',
        landed.properties ->> '$.applicationId',
        landed.properties ->> '$.messageId'
    ) as subject,
    users.hashed as user_id,
    landed.platform,
    landed.app_version,
    landed.properties,
    landed.occurred_at
from landed
left join identifiers as users on landed.user_key = users.key
where
    landed.entry in (
        'transfer_started', 'transfer_confirmed', 'transfer_completed', 'transfer_failed',
        'card_application_started', 'card_application_submitted', 'card_application_decided',
        'push_received', 'push_opened'
    )
    and landed.violations is null
    and not landed.is_bot
    and landed.rowid not in (select pos from copies)
qualify row_number() over (
    partition by landed.entry, subject order by landed.occurred_at, landed.rowid
) = 1;

create temp table transfer_events as
select
    subject as transfer_id,
    coalesce(
        max(user_id) filter (where entry = 'transfer_started'),
        max(user_id) filter (where entry = 'transfer_confirmed'),
        max(user_id) filter (where entry = 'transfer_completed'),
        max(user_id) filter (where entry = 'transfer_failed')
    ) as user_id,
    coalesce(
        max(platform) filter (where entry = 'transfer_started'),
        max(platform) filter (where entry = 'transfer_confirmed')
    ) as platform,
    coalesce(
        max(app_version) filter (where entry = 'transfer_started'),
        max(app_version) filter (where entry = 'transfer_confirmed')
    ) as app_version,
    max(properties ->> '$.channel') filter (where entry = 'transfer_started') as channel,
    max(properties ->> '$.authMethod') filter (where entry = 'transfer_confirmed')
        as auth_method,
    max(properties ->> '$.bankCode') filter (where entry = 'transfer_completed') as bank_code,
    case
        when bool_or(entry = 'transfer_completed') then 'completed'
        when bool_or(entry = 'transfer_failed') then 'failed'
        when bool_or(entry = 'transfer_confirmed') then 'confirmed'
        else 'started'
    end as event_status,
    max(properties ->> '$.errorCode') filter (where entry = 'transfer_failed') as error_code,
    coalesce(
        max((properties ->> '$.amount')::bigint) filter (where entry = 'transfer_completed'),
        max((properties ->> '$.amount')::bigint) filter (where entry = 'transfer_failed'),
        max((properties ->> '$.amount')::bigint) filter (where entry = 'transfer_confirmed'),
        max((properties ->> '$.amount')::bigint) filter (where entry = 'transfer_started')
    ) as amount_krw,
    max((properties ->> '$.fee')::bigint) filter (where entry = 'transfer_completed') as fee_krw,
    max(occurred_at) filter (where entry = 'transfer_started') as started_at,
    max(occurred_at) filter (where entry = 'transfer_confirmed') as confirmed_at,
    max(occurred_at) filter (where entry = 'transfer_completed') as completed_at,
    max(occurred_at) filter (where entry = 'transfer_failed') as failed_at
from keyed_events
where starts_with(entry, 'transfer_')
group by subject;

create temp table hashed_ledger as
select ledger.* exclude (user_id), identifiers.hashed as user_id
from ledger
inner join identifiers on hash(ledger.user_id) = identifiers.key;

create temp table joined_transfers as
select
    coalesce(ledger.transfer_id, events.transfer_id) as transfer_id,
    coalesce(ledger.user_id, events.user_id) as user_id,
    events.platform,
    events.app_version,
    events.channel,
    events.auth_method,
    coalesce(ledger.bank_code, events.bank_code) as bank_code,
    case ledger.ledger_status
        when 'settled' then 'completed'
        when 'failed' then 'failed'
        else events.event_status
    end as transfer_status,
    coalesce(ledger.error_code, events.error_code) as error_code,
    ledger.transfer_id is not null as is_in_ledger,
    coalesce(ledger.amount_krw, events.amount_krw) as amount_krw,
    coalesce(ledger.fee_krw, events.fee_krw) as fee_krw,
    coalesce(
        events.started_at, events.confirmed_at, ledger.created_at, events.completed_at,
        events.failed_at
    ) as requested_at,
    events.started_at,
    events.confirmed_at,
    coalesce(ledger.settled_at, events.completed_at) as completed_at,
    events.failed_at
from transfer_events as events
full outer join hashed_ledger as ledger on events.transfer_id = ledger.transfer_id;

create table marts.fct_transfers as
select
    transfers.transfer_id,
    transfers.user_id,
    states.segment as user_segment,
    transfers.platform,
    transfers.app_version,
    transfers.channel,
    transfers.auth_method,
    transfers.bank_code,
    transfers.transfer_status,
    case when transfers.transfer_status = 'failed' then transfers.error_code end
        as failure_reason,
    transfers.is_in_ledger,
    transfers.amount_krw,
    case
        when transfers.transfer_status = 'completed' then coalesce(transfers.fee_krw, 0)
        else 0
    end as fee_krw,
    seoul_date(transfers.requested_at) as transfer_date,
    transfers.requested_at,
    transfers.started_at,
    transfers.confirmed_at,
    case when transfers.transfer_status = 'completed' then transfers.completed_at end
        as completed_at,
    case when transfers.transfer_status = 'failed' then transfers.failed_at end as failed_at
from joined_transfers as transfers
left join marts.dim_user_states as states
    on
        transfers.user_id = states.user_id
        and transfers.requested_at >= states.valid_from
        and (transfers.requested_at < states.valid_to or states.valid_to is null);

create table marts.payments_daily as
select
    *,
    completed_count::double / nullif(completed_count + failed_count, 0) as success_rate
from (
    select
        transfer_date,
        coalesce(bank_code, 'unknown') as bank_code,
        coalesce(platform, 'unknown') as platform,
        count(*) as transfer_count,
        count(*) filter (where transfer_status = 'completed') as completed_count,
        count(*) filter (where transfer_status = 'failed') as failed_count,
        count(*) filter (where transfer_status in ('started', 'confirmed')) as unfinished_count,
        count(distinct user_id) as sender_count,
        coalesce(sum(amount_krw) filter (where transfer_status = 'completed'), 0)::bigint
            as completed_amount_krw,
        coalesce(sum(amount_krw) filter (where transfer_status = 'failed'), 0)::bigint
            as failed_amount_krw,
        sum(fee_krw)::bigint as fee_krw
    from marts.fct_transfers
    group by 1, 2, 3
);

create table marts.transfer_reconciliation as
with rejected_transfers as (
    select distinct json_extract_string(properties, '$.transferId') as transfer_id
    from landed
    where
        entry in ('transfer_completed', 'transfer_failed')
        and violations is not null
        and json_type(properties, '$.transferId') = 'VARCHAR'
),

compared as (
    select
        coalesce(events.transfer_id, ledger.transfer_id) as transfer_id,
        coalesce(ledger.user_id, events.user_id) as user_id,
        events.transfer_id is not null as is_in_events,
        ledger.transfer_id is not null as is_in_ledger,
        events.event_status,
        case ledger.ledger_status
            when 'settled' then 'completed'
            else ledger.ledger_status
        end as ledger_status,
        events.amount_krw as event_amount_krw,
        ledger.amount_krw as ledger_amount_krw,
        coalesce(
            ledger.settled_at, events.completed_at, events.failed_at, ledger.created_at
        ) as ended_at
    from (
        select * from transfer_events where event_status in ('completed', 'failed')
    ) as events
    full outer join hashed_ledger as ledger on events.transfer_id = ledger.transfer_id
)

select
    transfer_id,
    user_id,
    case
        when not is_in_ledger then 'only_in_events'
        when not is_in_events then 'only_in_ledger'
        when event_status <> ledger_status then 'outcome_differs'
        when event_amount_krw <> ledger_amount_krw then 'amount_differs'
        else 'matched'
    end as reconciliation_status,
    transfer_id in (select transfer_id from rejected_transfers) as has_rejected_event,
    event_status,
    ledger_status,
    event_amount_krw,
    ledger_amount_krw,
    coalesce(event_amount_krw, 0) - coalesce(ledger_amount_krw, 0) as difference_krw,
    seoul_date(ended_at) as ended_date,
    ended_at
from compared;

create table marts.fct_card_applications as
with applications as (
    select
        subject as application_id,
        coalesce(
            max(user_id) filter (where entry = 'card_application_started'),
            max(user_id) filter (where entry = 'card_application_submitted'),
            max(user_id) filter (where entry = 'card_application_decided')
        ) as user_id,
        coalesce(
            max(platform) filter (where entry = 'card_application_started'),
            max(platform) filter (where entry = 'card_application_submitted')
        ) as platform,
        coalesce(
            max(app_version) filter (where entry = 'card_application_started'),
            max(app_version) filter (where entry = 'card_application_submitted')
        ) as app_version,
        max(properties ->> '$.cardProduct') filter (
            where entry = 'card_application_started'
        ) as card_product,
        max(properties ->> '$.employment') filter (
            where entry = 'card_application_submitted'
        ) as employment,
        case bool_or(properties ->> '$.isApproved' = 'true') filter (
            where entry = 'card_application_decided'
        )
            when true then 'approved'
            when false then 'declined'
            else case
                when bool_or(entry = 'card_application_submitted') then 'submitted'
                else 'started'
            end
        end as application_status,
        max((properties ->> '$.creditLimit')::bigint) filter (
            where entry = 'card_application_decided'
        ) as credit_limit_krw,
        max(occurred_at) filter (where entry = 'card_application_started') as started_at,
        max(occurred_at) filter (where entry = 'card_application_submitted') as submitted_at,
        max(moment(properties ->> '$.decidedAt')) filter (
            where entry = 'card_application_decided'
        ) as decided_at
    from keyed_events
    where starts_with(entry, 'card_')
    group by subject
)

select
    application_id,
    user_id,
    platform,
    app_version,
    card_product,
    employment,
    application_status,
    credit_limit_krw,
    date_diff('minute', submitted_at, decided_at) as minutes_to_decision,
    seoul_date(coalesce(started_at, submitted_at, decided_at)) as application_date,
    started_at,
    submitted_at,
    decided_at
from applications;

-- ---------------------------------------------------------------- messages

create table marts.dim_campaigns as
select
    coalesce(campaigns.campaign_id, sent.campaign_id) as campaign_id,
    campaigns.campaign_id is not null as is_known,
    campaigns.campaign_name,
    regexp_replace(campaigns.campaign_name, '_[0-9]+$', '') as campaign_theme,
    coalesce(campaigns.channel, sent.channel) as channel,
    goals.goal_event_name,
    campaigns.holdout_share,
    campaigns.starts_at,
    campaigns.ends_at
from campaigns
full outer join (
    select campaign_id, min(channel) as channel from sends group by campaign_id
) as sent on campaigns.campaign_id = sent.campaign_id
left join read_csv('$seeds/campaign_goals.csv', header = true) as goals
    on regexp_replace(campaigns.campaign_name, '_[0-9]+$', '') = goals.campaign_theme;

create temp table messages as
select
    sent.message_id,
    sent.last.campaign_id as campaign_id,
    identifiers.hashed as user_id,
    sent.last.channel as channel,
    case
        when sent.last.is_holdout then 'held_out'
        else coalesce(sent.last.send_status, 'sent')
    end as message_status,
    sent.last.attempt_number as attempt_count,
    sent.last.is_holdout as is_holdout,
    sent.has_unsubscribed,
    sent.first_sent_at,
    sent.last.sent_at as last_sent_at
from (
    select
        message_id,
        arg_max(sends, attempt_number) as last,
        bool_or(has_unsubscribed) as has_unsubscribed,
        min(sent_at) as first_sent_at
    from sends
    group by message_id
) as sent
inner join identifiers on hash(sent.last.user_id) = identifiers.key;

-- The app tells which campaign it was opened from: it is the last message of it that the user got.
create temp table clicks as
-- Materialized: joined to the campaign's messages before their user is known, they would be many.
with openings as materialized (
    select
        sessions.user_id,
        landed.properties ->> '$.campaignId' as campaign_id,
        landed.occurred_at,
        landed.rowid as pos
    from landed
    inner join session_events on landed.rowid = session_events.pos
    inner join sessions on session_events.session_number = sessions.session_number
    where
        landed.entry = 'app_opened'
        and landed.violations is null
        and landed.properties ->> '$.campaignId' is not null
),

opened_messages as (
    select
        messages.message_id,
        openings.occurred_at
    from openings
    inner join messages
        on
            openings.user_id = messages.user_id
            and openings.campaign_id = messages.campaign_id
            and openings.occurred_at >= messages.last_sent_at
    where not messages.is_holdout
    qualify row_number() over (
        partition by openings.pos order by messages.last_sent_at desc, messages.message_id desc
    ) = 1
)

select message_id, min(occurred_at) as clicked_at
from opened_messages
group by message_id;

create temp table conversions as
with goal_events as materialized (
    select
        landed.rowid as pos,
        landed.entry as event_name,
        landed.occurred_at,
        coalesce(sessions.user_id, users.hashed) as user_id
    from landed
    left join session_events on landed.rowid = session_events.pos
    left join sessions on session_events.session_number = sessions.session_number
    left join identifiers as users on landed.user_key = users.key
    where
        landed.entry in (select goal_event_name from marts.dim_campaigns)
        and landed.violations is null
        and not landed.is_bot
        and landed.rowid not in (select pos from copies)
),

followed as (
    select
        messages.message_id,
        goal_events.occurred_at,
        messages.message_status = 'delivered'
        and row_number() over (
            partition by goal_events.pos, messages.message_status = 'delivered'
            order by messages.last_sent_at desc, messages.message_id desc
        ) = 1 as is_attributed
    from messages
    inner join marts.dim_campaigns as campaigns on messages.campaign_id = campaigns.campaign_id
    inner join goal_events
        on
            messages.user_id = goal_events.user_id
            and campaigns.goal_event_name = goal_events.event_name
            and messages.last_sent_at <= goal_events.occurred_at
            and messages.last_sent_at + interval 72 hour > goal_events.occurred_at
)

select
    message_id,
    count(*) filter (where is_attributed) as attributed_conversion_count,
    min(occurred_at) as converted_at
from followed
group by message_id;

create table marts.fct_messages as
select
    messages.message_id,
    messages.campaign_id,
    messages.user_id,
    messages.channel,
    messages.message_status,
    messages.attempt_count,
    greatest(messages.attempt_count - 1, 0) as retry_count,
    messages.is_holdout,
    messages.message_status = 'delivered' as is_delivered,
    messages.message_status = 'dead_letter' as is_dead_letter,
    received.occurred_at is not null as is_received,
    opened.occurred_at is not null as is_opened,
    clicks.clicked_at is not null as is_clicked,
    messages.has_unsubscribed,
    conversions.converted_at is not null as has_converted,
    coalesce(conversions.attributed_conversion_count, 0) as attributed_conversion_count,
    messages.last_sent_at + interval 72 hour <= (select now_at from present)
        as is_window_complete,
    seoul_date(messages.first_sent_at) as sent_date,
    messages.first_sent_at,
    messages.last_sent_at,
    received.occurred_at as received_at,
    opened.occurred_at as opened_at,
    clicks.clicked_at,
    conversions.converted_at
from messages
left join keyed_events as received
    on
        messages.message_id = received.subject
        and received.entry = 'push_received'
        and not messages.is_holdout
left join keyed_events as opened
    on
        messages.message_id = opened.subject
        and opened.entry = 'push_opened'
        and not messages.is_holdout
left join clicks on messages.message_id = clicks.message_id
left join conversions on messages.message_id = conversions.message_id;

create table marts.frequency_cap_breaches as
select
    delivered.message_id,
    delivered.user_id,
    delivered.campaign_id,
    delivered.channel,
    caps.max_messages,
    caps.window_days,
    count(*) as message_count,
    seoul_date(delivered.last_sent_at) as sent_date,
    delivered.last_sent_at as sent_at
from marts.fct_messages as delivered
inner join read_csv('$seeds/frequency_caps.csv', header = true) as caps
    on delivered.channel = caps.channel
inner join marts.fct_messages as earlier
    on
        delivered.user_id = earlier.user_id
        and delivered.channel = earlier.channel
        and delivered.last_sent_at < earlier.last_sent_at + caps.window_days * interval 1 day
        and (delivered.last_sent_at, delivered.message_id)
        >= (earlier.last_sent_at, earlier.message_id)
where delivered.is_delivered and earlier.is_delivered
group by all
having count(*) > caps.max_messages;

create temp macro wilson(successes, trials, sign) as (
    2.0 * successes + 3.8414588206941254
    + sign * 1.959963984540054 * sqrt(
        3.8414588206941254
        + 4.0 * successes * (1.0 - successes::double / nullif(trials, 0))
    )
) / (2.0 * (trials + 3.8414588206941254));

create table marts.campaign_performance as
with message_counts as (
    select
        campaign_id,
        count(*) filter (where not is_holdout) as sent_count,
        count(*) filter (where is_holdout) as held_out_count,
        count(*) filter (where retry_count > 0) as retried_count,
        count(*) filter (where is_dead_letter) as dead_letter_count,
        count(*) filter (where is_delivered) as delivered_count,
        count(*) filter (where channel = 'push' and is_delivered) as delivered_push_count,
        count(*) filter (where is_delivered and is_opened) as opened_count,
        count(*) filter (where is_delivered and is_clicked) as clicked_count,
        count(*) filter (where is_delivered and has_unsubscribed) as unsubscribed_count,
        count(*) filter (where attributed_conversion_count > 0) as converted_count,
        sum(attributed_conversion_count)::bigint as conversion_count,
        min(first_sent_at) as first_sent_at,
        max(last_sent_at) as last_sent_at
    from marts.fct_messages
    group by campaign_id
),

user_counts as (
    select
        campaign_id,
        count(*) filter (where not is_control) as treated_user_count,
        count(*) filter (where not is_control and has_converted) as treated_converted_count,
        count(*) filter (where is_control) as control_user_count,
        count(*) filter (where is_control and has_converted) as control_converted_count
    from (
        select
            campaign_id,
            bool_and(is_holdout) as is_control,
            bool_or(has_converted) as has_converted
        from marts.fct_messages
        where is_window_complete
        group by campaign_id, user_id
    )
    group by campaign_id
),

counts as (
    select
        campaigns.campaign_id,
        campaigns.is_known,
        campaigns.campaign_name,
        campaigns.campaign_theme,
        campaigns.channel,
        campaigns.goal_event_name,
        coalesce(columns(message_counts.* exclude (campaign_id, first_sent_at, last_sent_at)), 0),
        coalesce(columns(user_counts.* exclude (campaign_id)), 0),
        message_counts.first_sent_at,
        message_counts.last_sent_at
    from marts.dim_campaigns as campaigns
    left join message_counts on campaigns.campaign_id = message_counts.campaign_id
    left join user_counts on campaigns.campaign_id = user_counts.campaign_id
),

intervals as (
    select
        *,
        case when goal_event_name is not null then treated_converted_count end
        / nullif(treated_user_count::double, 0) as rate_1,
        case when goal_event_name is not null then control_converted_count end
        / nullif(control_user_count::double, 0) as rate_2,
        wilson(treated_converted_count, treated_user_count, -1) as lower_1,
        wilson(treated_converted_count, treated_user_count, 1) as upper_1,
        wilson(control_converted_count, control_user_count, -1) as lower_2,
        wilson(control_converted_count, control_user_count, 1) as upper_2
    from counts
)

select
    * exclude (rate_1, rate_2, lower_1, upper_1, lower_2, upper_2),
    delivered_count / nullif(sent_count::double, 0) as delivery_rate,
    opened_count / nullif(delivered_push_count::double, 0) as open_rate,
    clicked_count / nullif(delivered_count::double, 0) as click_rate,
    unsubscribed_count / nullif(delivered_count::double, 0) as unsubscribe_rate,
    case when goal_event_name is not null then converted_count end
    / nullif(delivered_count::double, 0) as conversion_rate,
    rate_1 as treated_conversion_rate,
    rate_2 as control_conversion_rate,
    round(rate_1 - rate_2, 6) as uplift,
    round(
        rate_1 - rate_2 - sqrt(power(rate_1 - lower_1, 2) + power(rate_2 - upper_2, 2)), 6
    ) as uplift_low,
    round(
        rate_1 - rate_2 + sqrt(power(rate_1 - upper_1, 2) + power(rate_2 - lower_2, 2)), 6
    ) as uplift_high
from intervals;

-- ---------------------------------------------------------------- metrics

create temp table metric_rows as
with session_counts as (
    select
        seoul_date(started_at) as metric_date,
        case grouping(platform, basis, campaign)
            when 3 then 'platform' when 5 then 'identity_basis' when 6 then 'campaign' else 'all'
        end as dimension,
        case grouping(platform, basis, campaign)
            when 3 then platform when 5 then basis when 6 then campaign else 'all'
        end as dimension_value,
        count(*) as session_count,
        count(*) filter (where event_count = 1) as single_event_count,
        sum(seconds) as total_seconds,
        median(seconds)::double as median_seconds,
        case when grouping(platform, basis, campaign) = 5 then 31 else 1 end as window_days
    from (
        select
            started_at,
            coalesce(platform, 'unknown') as platform,
            identity_basis as basis,
            coalesce(campaign_id, 'no_campaign') as campaign,
            event_count,
            date_diff('second', started_at, ended_at) as seconds
        from sessions
    )
    group by grouping sets (
        (seoul_date(started_at)),
        (seoul_date(started_at), platform),
        (seoul_date(started_at), basis),
        (seoul_date(started_at), campaign)
    )
),

event_totals as (
    select
        occurred_date as metric_date,
        case grouping(event_name, platform)
            when 1 then 'event_name' when 2 then 'platform' else 'all'
        end as dimension,
        case grouping(event_name, platform)
            when 1 then event_name when 2 then platform else 'all'
        end as dimension_value,
        sum(event_count) as event_count
    from (
        select occurred_date, event_name, coalesce(platform, 'unknown') as platform, event_count
        from event_counts
        where is_valid and not is_bot
    )
    group by grouping sets (
        (occurred_date), (occurred_date, event_name), (occurred_date, platform)
    )
),

received as (
    select
        business_date as metric_date,
        case grouping(event_name, platform)
            when 1 then 'event_name' when 2 then 'platform' else 'all'
        end as dimension,
        case grouping(event_name, platform)
            when 1 then event_name when 2 then platform else 'all'
        end as dimension_value,
        sum(received_count) as received_count,
        sum(rejected_count) as rejected_count,
        sum(late_count) as late_count
    from (
        select
            business_date, coalesce(event_name, 'unknown') as event_name,
            coalesce(platform, 'unknown') as platform, received_count, rejected_count, late_count
        from ingestion_days
        where received_count > 0
    )
    group by grouping sets (
        (business_date), (business_date, event_name), (business_date, platform)
    )
),

transfers as (
    select
        transfer_date as metric_date,
        case grouping(platform, bank_code, user_segment)
            when 3 then 'platform' when 5 then 'bank_code' when 6 then 'user_segment' else 'all'
        end as dimension,
        case grouping(platform, bank_code, user_segment)
            when 3 then platform when 5 then bank_code when 6 then user_segment else 'all'
        end as dimension_value,
        count(*) as transfer_count,
        count(*) filter (where transfer_status = 'completed') as completed_count,
        count(*) filter (where transfer_status = 'failed') as failed_count,
        count(*) filter (where transfer_status in ('completed', 'failed')) as ended_count,
        count(distinct user_id) as sender_count,
        coalesce(sum(amount_krw) filter (where transfer_status = 'completed'), 0) as amount_krw,
        sum(fee_krw) as fee_krw
    from (
        select
            transfer_date, coalesce(platform, 'unknown') as platform,
            coalesce(bank_code, 'unknown') as bank_code,
            coalesce(user_segment, 'unknown') as user_segment,
            user_id, transfer_status, amount_krw, fee_krw
        from marts.fct_transfers
    )
    group by grouping sets (
        (transfer_date), (transfer_date, platform), (transfer_date, bank_code),
        (transfer_date, user_segment)
    )
),

applications as (
    select
        application_date as metric_date,
        case grouping(platform, card_product)
            when 1 then 'platform' when 2 then 'card_product' else 'all'
        end as dimension,
        case grouping(platform, card_product)
            when 1 then platform when 2 then card_product else 'all'
        end as dimension_value,
        count(*) as application_count,
        count(*) filter (where application_status = 'approved') as approved_count,
        count(*) filter (where application_status in ('approved', 'declined')) as decided_count
    from (
        select
            application_date, coalesce(platform, 'unknown') as platform,
            coalesce(card_product, 'unknown') as card_product, application_status
        from marts.fct_card_applications
    )
    group by grouping sets (
        (application_date), (application_date, platform), (application_date, card_product)
    )
),

messages_sent as (
    select
        sent_date as metric_date,
        case grouping(campaign, channel)
            when 1 then 'campaign' when 2 then 'channel' else 'all'
        end as dimension,
        case grouping(campaign, channel)
            when 1 then campaign when 2 then channel else 'all'
        end as dimension_value,
        count(*) filter (where not is_holdout) as sent_count,
        count(*) filter (where is_delivered) as delivered_count,
        count(*) filter (where is_dead_letter) as dead_letter_count,
        count(*) filter (where is_delivered and is_push) as delivered_push_count,
        count(*) filter (where is_delivered and is_opened) as opened_count,
        count(*) filter (where is_delivered and is_clicked) as clicked_count,
        count(*) filter (where is_delivered and has_unsubscribed) as unsubscribed_count,
        count(*) filter (where is_delivered and has_goal) as delivered_with_goal_count,
        count(*) filter (where has_goal and attributed_conversion_count > 0) as converted_count
    from (
        select
            messages.*,
            messages.campaign_id as campaign,
            messages.channel = 'push' as is_push,
            campaigns.goal_event_name is not null as has_goal
        from marts.fct_messages as messages
        left join marts.dim_campaigns as campaigns on messages.campaign_id = campaigns.campaign_id
        where messages.sent_date is not null
    )
    group by grouping sets ((sent_date), (sent_date, campaign), (sent_date, channel))
),

breaches as (
    select
        sent_date as metric_date,
        case grouping(campaign_id, channel)
            when 1 then 'campaign' when 2 then 'channel' else 'all'
        end as dimension,
        case grouping(campaign_id, channel)
            when 1 then campaign_id when 2 then channel else 'all'
        end as dimension_value,
        count(*) as breach_count
    from marts.frequency_cap_breaches
    group by grouping sets ((sent_date), (sent_date, campaign_id), (sent_date, channel))
),

funnel_windows as (
    select funnel, max(cast(ceil(window_hours / 24.0) as bigint)) as window_days
    from funnels
    group by funnel
)

select metric_date, dimension, dimension_value, unnest([
    ('sessions', session_count, null, window_days, true),
    ('single_event_session_share', single_event_count, session_count, window_days, true),
    ('average_session_seconds', total_seconds, session_count, window_days, true),
    ('median_session_seconds', median_seconds, null, window_days, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from session_counts
union all
select metric_date, dimension, dimension_value, 'events', event_count, null, 0, true
from event_totals
union all
-- There is one source: what it has on a date, all sources have.
select metric_date, 'source', 'app', 'events', event_count, null, 0, true
from event_totals
where dimension = 'all'
union all
select metric_date, dimension, dimension_value, unnest([
    ('received_events', received_count, null, 0, true),
    ('rejected_events', rejected_count, null, 0, true),
    ('rejected_share', rejected_count, received_count, 0, true),
    ('late_events', late_count, null, 0, true),
    ('late_share', late_count, received_count, 0, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from (
    from received
    union all
    select * replace ('source' as dimension, 'app' as dimension_value) from received
    where dimension = 'all'
)
union all
select metric_date, dimension, dimension_value, unnest([
    ('transfers', transfer_count, null, 1, true),
    ('completed_transfers', completed_count, null, 1, true),
    ('failed_transfers', failed_count, null, 1, true),
    ('transfer_success_rate', completed_count, ended_count, 1, true),
    ('transfer_senders', sender_count, null, 1, true),
    ('transfer_amount_krw', amount_krw, null, 1, true),
    ('transfer_fees_krw', fee_krw, null, 1, true),
    ('average_transfer_krw', amount_krw, completed_count, 1, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from transfers
union all
select metric_date, dimension, dimension_value, unnest([
    ('card_applications', application_count, null, 5, true),
    ('approved_card_applications', approved_count, null, 5, true),
    ('card_approval_rate', approved_count, decided_count, 5, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from applications
union all
select
    ended_date, 'all', 'all', 'matched_transfer_share',
    count(*) filter (where reconciliation_status = 'matched'), count(*), 1, true
from marts.transfer_reconciliation
group by ended_date
union all
select metric_date, dimension, dimension_value, unnest([
    ('messages_sent', sent_count, null, 1, true),
    ('messages_delivered', delivered_count, null, 1, true),
    ('message_delivery_rate', delivered_count, sent_count, 1, true),
    ('message_dead_letters', dead_letter_count, null, 1, true),
    ('push_open_rate', opened_count, delivered_push_count, 4, true),
    ('message_click_rate', clicked_count, delivered_count, 4, true),
    ('message_unsubscribe_rate', unsubscribed_count, delivered_count, 4, true),
    ('message_conversion_rate', converted_count, delivered_with_goal_count, 4, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from messages_sent
union all
select metric_date, dimension, dimension_value, 'frequency_cap_breaches', breach_count, null, 1,
    true
from breaches
union all
select activity_date, dimension, dimension_value, unnest([
    ('daily_active_users', dau, null, window_days, true),
    ('weekly_active_users', wau, null, window_days, is_wau_complete),
    ('monthly_active_users', mau, null, window_days, is_mau_complete),
    ('stickiness', dau, mau, window_days, is_mau_complete)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from (
    select *, case when dimension in ('all', 'platform') then 1 else 31 end as window_days
    from active_users
)
union all
select activity_date, 'all', 'all', unnest([
    ('known_users', known_users, null, 1, true),
    ('new_users', new_users, null, 1, true),
    ('returning_users', returning_users, null, 1, true),
    ('resurrected_users', resurrected_users, null, 1, true),
    ('idle_users', idle_users, null, 1, true),
    ('churned_users', churned_users, null, 1, true),
    ('newly_churned_users', newly_churned_users, null, 1, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from marts.user_lifecycle_daily
union all
select
    cohort_date, 'all', 'all', 'retention_day_' || period_number, retained_user_count,
    cohort_user_count, period_number + 1, is_complete
from marts.retention_cohorts
where period = 'day' and period_number in (1, 7, 30)
union all
select
    conversions.entry_date,
    'funnel_step',
    conversions.funnel || ' ' || conversions.step_number || ' ' || conversions.event_name,
    unnest([
        ('funnel_visitors', visitor_count, null, window_days + 31, true),
        (
            'funnel_conversion_rate', visitor_count, entered_visitor_count, window_days + 31, true
        ),
        (
            'funnel_step_conversion_rate', visitor_count, visitor_count + lost_visitor_count,
            window_days + 31, true
        ),
        ('funnel_median_seconds', median_seconds_since_entry, null, window_days + 31, true)
    ]::struct(
        metric varchar, numerator double, denominator double, window_days bigint,
        is_whole boolean
    )[], recursive := true)
from marts.funnel_conversions_daily as conversions
inner join funnel_windows on conversions.funnel = funnel_windows.funnel;

create temp table definitions as
select unnest(metrics) as metric, unit, additive_over, late_days
from (values
    (
        ['approved_card_applications', 'card_applications'], 'applications',
        'dates and dimension', 30
    ),
    (['average_session_seconds'], 'seconds', 'dates and dimension', 30),
    (['average_transfer_krw', 'transfer_amount_krw', 'transfer_fees_krw'], 'KRW',
        'dates and dimension', 30),
    (
        [
            'card_approval_rate', 'matched_transfer_share', 'message_click_rate',
            'message_conversion_rate', 'message_delivery_rate', 'message_unsubscribe_rate',
            'push_open_rate', 'single_event_session_share', 'transfer_success_rate'
        ], 'share', 'dates and dimension', 30
    ),
    (
        [
            'churned_users', 'daily_active_users', 'idle_users', 'known_users',
            'monthly_active_users', 'returning_users', 'transfer_senders', 'weekly_active_users'
        ], 'users', 'neither', 30
    ),
    (['new_users', 'newly_churned_users', 'resurrected_users'], 'users', 'dates', 30),
    (['completed_transfers', 'failed_transfers', 'transfers'], 'transfers',
        'dates and dimension', 30),
    (['events'], 'events', 'dates and dimension', 30),
    (
        [
            'frequency_cap_breaches', 'message_dead_letters', 'messages_delivered',
            'messages_sent'
        ], 'messages', 'dates and dimension', 30
    ),
    (
        [
            'funnel_conversion_rate', 'funnel_step_conversion_rate', 'retention_day_1',
            'retention_day_30', 'retention_day_7'
        ], 'share', 'dates', 30
    ),
    (['funnel_median_seconds', 'median_session_seconds'], 'seconds', 'neither', 30),
    (['funnel_visitors'], 'visitors', 'neither', 30),
    (['late_events', 'received_events', 'rejected_events'], 'events', 'dates and dimension', 0),
    (['late_share', 'rejected_share'], 'share', 'dates and dimension', 0),
    (['sessions'], 'sessions', 'dates and dimension', 30),
    (['stickiness'], 'share', 'neither', 30)
) as listed (metrics, unit, additive_over, late_days);

create table marts.metrics_daily as
select
    metric_rows.metric,
    metric_rows.metric_date,
    metric_rows.dimension,
    metric_rows.dimension_value,
    case
        when metric_rows.denominator is null then metric_rows.numerator
        else metric_rows.numerator / nullif(metric_rows.denominator, 0)
    end as value,
    metric_rows.numerator,
    metric_rows.denominator,
    definitions.unit,
    definitions.additive_over,
    metric_rows.is_whole as has_whole_window,
    metric_rows.is_whole
    and metric_rows.metric_date + (metric_rows.window_days + definitions.late_days + 1)::int
    <= (select max(business_date) from business_dates) as is_complete,
    metric_rows.metric_date + (metric_rows.window_days + definitions.late_days + 1)::int
        as complete_from_date
from metric_rows
inner join definitions on metric_rows.metric = definitions.metric;
