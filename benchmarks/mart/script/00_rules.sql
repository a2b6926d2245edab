-- The core of the mart by hand: a DuckDB script that makes fct_sessions, fct_events and
-- fct_rejected_events once, from the landing zone of make_landing.py, as fast as possible and
-- without the models.
--
-- It follows the same rules (verdicts of the plan, duplicates within the horizon, keyed hashes,
-- masks, sessions, identity) and takes every shortcut that does not change its result:
--   * one pass over the lines parses, types and validates them; no table for each event, no views
--   * all intermediate tables are temporary; ids of people are 64-bit hashes until the last step
--   * a line's place is its row in the temporary table, which keeps the order of the files
--   * sessions come from one sort and running counts; windows are for shared devices only
--   * Seoul is nine hours ahead of UTC, in every year of the logs
--   * ids are long and begin with u_ or d_, so no name in the plan contains an id
-- It can only load once, from nothing: no ledger of files, no late file, no replay, no erasure,
-- no tests. `plan_hash`, the hash of an event's plan entry, is null.
--
-- The further events of make_landing.py have the plan of `screen_viewed`, under their own names.
-- The runner (by_hand.py) replaces $landing and $seeds by paths, and sets the key as variables.

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

-- Texts that clients send in place of a missing id, as a pattern: with a list the lines lost their
-- order. The logs contain none, so there is no finding on them.
create temp macro known_id(id) as case
    when
        not regexp_full_match(
            lower(id),
            'undefined|null|[(]null[)]|none|nil|nan|n/a|0|-|[[]object object[]]'
            '|0{8}-(0{4}-){3}0{12}|0{32}'
        ) then id
end;

-- Patterns of crawlers' user agents, and of people's user agents that look like crawlers'.
set variable bot_pattern = (
    select
        '(^|[^A-Za-z0-9])('
        || string_agg(pattern, '|') filter (where regexp_matches(pattern, '^[A-Za-z0-9[]')) || ')|'
        || string_agg(pattern, '|') filter (where not regexp_matches(pattern, '^[A-Za-z0-9[]'))
        || '|(?i:(bot|crawler|spider|scraper|headless)s?([^a-z0-9]|$))'
    from read_csv(
        '$seeds/user_agents/crawler_user_agents.csv', header = true, delim = ',', quote = '"'
    )
);

set variable person_pattern = (
    select '(?i:\b(' || string_agg(pattern, '|') || '))'
    from read_csv('$seeds/user_agents/user_agent_exceptions.csv', header = true)
);

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

-- The rules of the plan: null, or the rule that a value breaks.
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
    -- Most values are valid: their characters show it without a cast. The minimum is 0 or 1.
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
