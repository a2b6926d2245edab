-- One pass counts the events for all daily counts.
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
    max(date_sub('second', occurred_at, received_at)) as longest_lag_seconds,
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
        max(seoul_date(last_received_at)) filter (where is_valid) as last_date
    from event_counts
);

create temp table present as
select max(last_received_at) as now_at
from event_counts
where is_valid;

create table marts.fct_landed_files as
select
    files.landing_file,
    'app' as source,
    'events' as entity,
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
) as duplicates on files.path = duplicates.path
union all
select
    regexp_extract(sizes.filename, '[^/]+/[^/]+/[^/]+$') as landing_file,
    regexp_extract(sizes.filename, '([^/]+)/dt=', 1) as source,
    regexp_extract(sizes.filename, '([^/.]+)[.][^/]+$', 1) as entity,
    sizes.size as size_bytes,
    lines.line_count,
    lines.line_count as valid_count,
    0 as rejected_count, 0 as duplicate_count, 0 as erased_count, 0 as late_count, 0 as bot_count,
    regexp_extract(sizes.filename, 'dt=([0-9-]{10})', 1)::date as landed_date,
    null as first_occurred_at,
    null as last_occurred_at
from read_blob(['$landing/bank/*/*.jsonl.gz', '$landing/crm/*/*.jsonl.gz']) as sizes
inner join (
    select filename, count(*) as line_count
    from read_json_objects(
        ['$landing/bank/*/*.jsonl.gz', '$landing/crm/*/*.jsonl.gz'],
        format = 'newline_delimited', filename = true
    )
    group by filename
) as lines on sizes.filename = lines.filename;

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

-- The events that a device sent on a date in a version; without a device, those of the user.
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

all_checks as (
    select
        'volume_low' as finding, event_name, platform, null::varchar as app_version, business_date,
        event_count as observed_count, expected_count as compared_count,
        least_count >= 50 and event_count < 0.5 * least_count as is_breached
    from volumes
    union all
    select
        'volume_high', event_name, platform, null, business_date, event_count, expected_count,
        event_count > 2 * greatest(most_count, 50)
    from volumes
    union all
    select
        'rejected_share', event_name, platform, null, business_date, rejected_count::bigint,
        received_count::double, rejected_count >= 20 and rejected_count >= 0.1 * received_count
    from receipts
    union all
    select
        'late_share', event_name, platform, null, business_date, late_count::bigint,
        received_count::double, late_count >= 20 and late_count >= 0.25 * received_count
    from receipts
    union all
    select
        'rejected_share', event_name, platform, app_version, business_date, rejected_count,
        received_count::double, rejected_count >= 20 and rejected_count >= 0.1 * received_count
    from ingestion_days
    where event_name is not null and app_version is not null and received_count > 0
),

-- When the platform's share gives a finding on a day, its versions give none.
checks as (
    select * from all_checks
    where
        app_version is null
        or not is_breached
        or (event_name, coalesce(platform, ''), business_date) not in (
            select (event_name, coalesce(platform, ''), business_date)
            from all_checks
            where
                finding = 'rejected_share' and app_version is null and event_name is not null
                and is_breached
        )
),

numbered_checks as (
    select
        *,
        row_number() over (
            partition by finding, event_name, platform, app_version order by business_date
        ) - row_number() over (
            partition by finding, event_name, platform, app_version, is_breached
            order by business_date
        ) as island_number,
        max(business_date) over (
            partition by finding, event_name, platform, app_version
        ) as last_checked_date
    from checks
),

record_dates as (
    select distinct source, regexp_extract(file, 'dt=([0-9-]{10})/', 1)::date as landed_date
    from (
        select 'bank' as source, file from glob('$landing/bank/*/*.jsonl.gz')
        union all
        select 'crm', file from glob('$landing/crm/*/*.jsonl.gz')
    )
),

hours as (
    select
        'app' as source,
        24 as stale_after_hours,
        min(received_at) as first_received_at,
        max(received_at) as last_received_at,
        date_trunc('hour', received_at) as received_hour,
        min(landed_date) as first_landed_date,
        max(landed_date) as last_landed_date
    from (
        select landed.received_at, files.landed_date
        from landed
        inner join files on landed.path = files.path
        union all
        select received_at, landed_date from rejected
        where pos is null
    )
    group by received_hour
    union all
    select
        source, case source when 'bank' then 84 else 168 end, landed_date + interval 1 day,
        landed_date + interval 1 day, landed_date + interval 1 day, landed_date, landed_date
    from record_dates
),

pauses as (
    select
        source,
        stale_after_hours,
        received_hour,
        first_landed_date,
        last_landed_date,
        last_received_at as started_at,
        coalesce(
            lead(first_received_at) over (partition by source order by received_hour),
            greatest(
                (select now_at from present), (select max(landed_date) from record_dates)::timestamp
            )
        ) as ended_at,
        lead(first_received_at) over (
            partition by source order by received_hour
        ) is null as is_ongoing
    from hours
),

-- A source is alive once two landed dates came without a long pause between them.
stretches as (
    select
        *,
        ended_at > started_at + stale_after_hours * interval 1 hour as is_long,
        coalesce(sum(is_long::int) over (
            partition by source order by received_hour
            rows between unbounded preceding and 1 preceding
        ), 0) as stretch_number
    from pauses
),

lives as (
    select
        *,
        min(first_landed_date) over (partition by source, stretch_number order by received_hour)
        <> max(last_landed_date) over (partition by source, stretch_number order by received_hour)
            as has_two_dates
    from stretches
),

live_pauses as (
    select *
    from lives
    qualify is_long and bool_or(has_two_dates) over (partition by source order by received_hour)
),

stale_sources as (
    select
        source, seoul_date(started_at) as first_date, seoul_date(ended_at) as last_date, is_ongoing
    from live_pauses
    where
        not exists (
            select 1 from left_out_days
            where
                left_out_days.source = live_pauses.source
                and left_out_days.event_name is null
                and left_out_days.platform is null
                and left_out_days.business_date
                between seoul_date(live_pauses.started_at) and seoul_date(live_pauses.ended_at)
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
        'app' as source,
        event_name,
        platform,
        app_version,
        count(*) as day_count,
        sum(observed_count)::bigint as observed_count,
        sum(compared_count)::double as compared_count,
        max(business_date) = max(last_checked_date) as is_ongoing,
        min(business_date) as started_date,
        max(business_date) as ended_date
    from numbered_checks
    where is_breached
    group by finding, event_name, platform, app_version, island_number
    union all
    select
        'version_silent', 'critical', 'app', event_name, platform, app_version, day_count, 0,
        expected_count, is_ongoing, first_date, last_date
    from version_silences
    union all
    select
        'stale', 'critical', source, null, null, null,
        date_diff('day', first_date, last_date) + 1, 0, null, is_ongoing, first_date, last_date
    from stale_sources
)

select
    md5(concat_ws(
        chr(31), finding, source, coalesce(event_name, ''), '', coalesce(platform, ''),
        coalesce(app_version, ''), started_date::varchar
    )) as finding_id,
    finding,
    severity,
    source,
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
