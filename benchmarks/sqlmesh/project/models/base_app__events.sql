MODEL (
  name restricted.base_app__events,
  kind INCREMENTAL_BY_TIME_RANGE (
    time_column landed_date,
    lookback 2
  ),
  grain (landing_file, line_number),
  columns (
    event_id varchar,
    event_name varchar,
    source varchar,
    user_id varchar,
    device_id varchar,
    occurred_at timestamp,
    received_at timestamp,
    landed_date date,
    landing_file varchar,
    line_number bigint,
    platform varchar,
    app_version varchar,
    is_bot boolean,
    is_duplicate boolean,
    properties varchar,
    line_violations varchar[],
    line_warnings varchar[],
    raw_line varchar,
    judgement struct(
      violations varchar[],
      warnings varchar[],
      plan_hash varchar,
      masked_properties varchar,
      masked_line varchar,
      unplanned_properties struct(name varchar, kind varchar, shape varchar)[]
    ),
    load_number bigint
  )
);

@DEF(utc_timestamp, text ->
    case
        when regexp_full_match(
            text,
            '\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)'
        )
            then try_cast(text as timestamptz) at time zone 'UTC'
    end
);

@DEF(is_placeholder_id, id ->
    coalesce(
        lower(id) in (
            'undefined', 'null', '(null)', 'none', 'nil', 'nan', 'n/a', '0', '-', '[object object]',
            '00000000-0000-0000-0000-000000000000', '00000000000000000000000000000000'
        ),
        false
    )
);

@DEF(without_ids, text ->
    case
        when
            (length(events.user_id) >= 4 and contains(text, events.user_id))
            or (length(events.device_id) >= 4 and contains(text, events.device_id))
            then regexp_replace(
                regexp_replace(text, '[A-Za-z]|[^\x00-\x7F]', 'a', 'g'), '[0-9]', '9', 'g'
            )
        else text
    end
);

with read_lines as materialized (
    select
        dt as landed_date,
        regexp_extract(filename, '([^/]+/dt=[^/]+/[^/]+)$', 1) as landing_file,
        row_number() over () as line_position,
        coalesce(line, '') as line
    from read_csv(
        @landing || '/app/dt=*/*.jsonl.gz', columns = {'line': 'varchar'}, delim = '\x01',
        quote = '', escape = '', header = false, auto_detect = false, strict_mode = false,
        null_padding = true, filename = true, hive_partitioning = true, hive_types = {'dt': date}
    )
    where dt between @start_date and @end_date
),

first_lines as (
    select
        landing_file,
        min(line_position) as line_position
    from read_lines
    group by landing_file
),

objects as (
    select
        read_lines.landed_date,
        read_lines.landing_file,
        read_lines.line_position - first_lines.line_position + 1 as line_number,
        read_lines.line,
        case
            when starts_with(ltrim(read_lines.line), '{')
                then try(json_transform(read_lines.line, '{"eventId": "varchar", "eventName": "varchar", "userId": "varchar", "deviceId": "varchar", "occurredAt": "varchar", "receivedAt": "varchar", "platform": "varchar", "appVersion": "varchar", "userAgent": "varchar", "properties": "json"}'))
        end as fields
    from read_lines
    inner join first_lines on read_lines.landing_file = first_lines.landing_file
),

events as materialized (
    select
        landed_date,
        landing_file,
        line_number,
        line,
        fields is not null as is_readable,
        fields."eventId" as event_id,
        fields."eventName" as event_name,
        case
            when not @is_placeholder_id(fields."userId") then nullif(fields."userId", '')
        end as user_id,
        case
            when not @is_placeholder_id(fields."deviceId") then nullif(fields."deviceId", '')
        end as device_id,
        @is_placeholder_id(fields."userId") as has_placeholder_user_id,
        @is_placeholder_id(fields."deviceId") as has_placeholder_device_id,
        fields."platform" as platform,
        fields."appVersion" as app_version,
        fields."userAgent" as user_agent,
        @utc_timestamp(fields."occurredAt") as occurred_at,
        @utc_timestamp(fields."receivedAt") as received_at,
        cast(fields."properties" as varchar) as properties
    from objects
),

bot_patterns as (
    select
        '(^|[^A-Za-z0-9])('
        || string_agg(pattern, '|') filter (where regexp_matches(pattern, '^[A-Za-z0-9[]')) || ')|'
        || string_agg(pattern, '|') filter (where not regexp_matches(pattern, '^[A-Za-z0-9[]'))
        || '|(?i:(bot|crawler|spider|scraper|headless)s?([^a-z0-9]|$))' as of_bots,
        (
            select '(?i:\b(' || string_agg(pattern, '|') || '))'
            from read_csv(@seeds || '/user_agents/user_agent_exceptions.csv', header = true)
        ) as of_people
    from read_csv(
        @seeds || '/user_agents/crawler_user_agents.csv', header = true, delim = ',', quote = '"'
    )
),

bot_user_agents as (
    select user_agents.user_agent
    from (select distinct user_agent from events where user_agent is not null) as user_agents
    cross join bot_patterns
    where
        regexp_matches(
            regexp_replace(user_agents.user_agent, bot_patterns.of_people, ' ', 'g'),
            bot_patterns.of_bots
        )
),

identifiers as (
    select user_id as identifier from events
    where user_id is not null
    union distinct
    select device_id as identifier from events
    where device_id is not null
),

key_blocks as (
    select
        unhex(content[1:128]) as inner_block,
        unhex(content[129:256]) as outer_block
    from read_text(@key_blocks)
),

hashed_identifiers as (
    select
        identifiers.identifier,
        left(sha256(
            key_blocks.outer_block
            || unhex(sha256(key_blocks.inner_block || encode(identifiers.identifier)))
        ), 32) as identifier_hash
    from identifiers
    cross join key_blocks
),

landed_events as (
    select
        coalesce(
            nullif(events.event_id, ''), events.landing_file || ':' || events.line_number
        ) as event_id,
        case when events.is_readable then @without_ids(events.event_name) end as event_name,
        'app' as source,
        users.identifier_hash as user_id,
        devices.identifier_hash as device_id,
        events.occurred_at,
        coalesce(events.received_at, events.landed_date + interval '1' day) as received_at,
        events.landed_date,
        events.landing_file,
        events.line_number,
        @without_ids(events.platform) as platform,
        @without_ids(events.app_version) as app_version,
        coalesce(events.user_agent in (select user_agent from bot_user_agents), false) as is_bot,
        events.properties,
        case
            when not events.is_readable then ['unreadable_line']
            when events.occurred_at is null then ['missing_required:occurred_at']
            else []
        end::varchar[] as line_violations,
        (
            case when events.has_placeholder_user_id then ['placeholder_id:user_id'] else [] end
            || case when events.has_placeholder_device_id then ['placeholder_id:device_id'] else [] end
        )::varchar[] as line_warnings,
        case
            when not events.is_readable or events.occurred_at is null then events.line
        end as raw_line
    from events
    left join hashed_identifiers as users on events.user_id = users.identifier
    left join hashed_identifiers as devices on events.device_id = devices.identifier
),

earlier_copies as (
    select
        event_id,
        received_at,
        landing_file,
        line_number
    from restricted.base_app__events
    where
        landed_date < @start_date
        and received_at >= (select min(received_at) from landed_events) - (interval '31' day + interval '10' minute)
        and event_id in (select event_id from landed_events)
),

copies as (
    select *, true as is_written from landed_events
    union all by name
    select *, false as is_written from earlier_copies
),

flagged_events as (
    select
        *,
        coalesce(
            received_at - lag(received_at) over (
                partition by event_id order by received_at, landing_file, line_number
            ) <= interval '31' day + interval '10' minute,
            false
        ) as is_duplicate
    from copies
)

select
    event_id,
    event_name,
    source,
    user_id,
    device_id,
    occurred_at,
    received_at,
    landed_date,
    landing_file,
    line_number,
    platform,
    app_version,
    is_bot,
    is_duplicate,
    properties,
    line_violations,
    line_warnings,
    raw_line,
    null as judgement,
    1::bigint as load_number
from flagged_events
where is_written
order by event_name
