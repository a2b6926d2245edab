with ingestion_days as (
    select * from {{ ref('int_ingestion_days') }}
),

left_out_days as (
    select * from {{ ref('int_left_out_days') }}
),

last_moment as (
    select {{ business_date(now('max(last_received_at)')) }} as present_date
    from ingestion_days
),

{# The first date and the current date are incomplete days. #}
whole_days as (
    select
        ingestion_days.source,
        last_moment.present_date,
        min(ingestion_days.business_date) as first_date
    from ingestion_days
    cross join last_moment
    where ingestion_days.received_count > 0
    group by ingestion_days.source, last_moment.present_date
),

{# Each event of a platform is counted twice: by version, and for all versions together. #}
counts as (
    select
        source,
        event_name,
        platform,
        app_version,
        false as is_all_versions,
        business_date,
        event_count
    from ingestion_days
    where event_name is not null
    union all
    select
        source,
        event_name,
        platform,
        cast(null as varchar) as app_version,
        true as is_all_versions,
        business_date,
        cast(sum(event_count) as bigint) as event_count
    from ingestion_days
    where event_name is not null
    group by source, event_name, platform, business_date
),

keyed_counts as (
    select
        *,
        {{ group_key([
            'source', 'event_name', 'platform', 'app_version', 'cast(is_all_versions as varchar)',
        ]) }} as volume_key
    from counts
),

{# A version's days end when it sends nothing any more; those of all versions together go on. #}
version_ends as (
    select
        source,
        platform,
        app_version,
        max(business_date) as last_date
    from ingestion_days
    group by source, platform, app_version
),

volume_spans as (
    select
        keyed_counts.volume_key,
        keyed_counts.source,
        keyed_counts.event_name,
        keyed_counts.platform,
        keyed_counts.app_version,
        keyed_counts.is_all_versions,
        greatest(
            min(keyed_counts.business_date), min(whole_days.first_date) + interval '1' day
        ) as first_date,
        case
            when keyed_counts.is_all_versions
                then min(whole_days.present_date) - interval '1' day
            else least(
                min(version_ends.last_date), min(whole_days.present_date) - interval '1' day
            )
        end as last_date
    from keyed_counts
    inner join whole_days on keyed_counts.source = whole_days.source
    left join version_ends
        on
            keyed_counts.source = version_ends.source
            and keyed_counts.platform is not distinct from version_ends.platform
            and keyed_counts.app_version is not distinct from version_ends.app_version
    group by
        keyed_counts.volume_key,
        keyed_counts.source,
        keyed_counts.event_name,
        keyed_counts.platform,
        keyed_counts.app_version,
        keyed_counts.is_all_versions
),

volume_days as (
    select
        volume_key,
        source,
        event_name,
        platform,
        app_version,
        is_all_versions,
        dates.business_date
    from volume_spans
    cross join unnest({{ dates_between('first_date', 'last_date') }}) as dates (business_date)
),

left_out_volumes as (
    select distinct
        volume_days.volume_key,
        volume_days.business_date
    from volume_days
    inner join left_out_days
        on
            volume_days.business_date = left_out_days.business_date
            and volume_days.source = coalesce(left_out_days.source, volume_days.source)
            and volume_days.event_name = coalesce(left_out_days.event_name, volume_days.event_name)
            and (left_out_days.platform is null or volume_days.platform = left_out_days.platform)
),

volumes as (
    select
        volume_days.*,
        coalesce(keyed_counts.event_count, 0) as event_count,
        left_out_volumes.volume_key is not null as is_left_out
    from volume_days
    left join keyed_counts
        on
            volume_days.volume_key = keyed_counts.volume_key
            and volume_days.business_date = keyed_counts.business_date
    left join left_out_volumes
        on
            volume_days.volume_key = left_out_volumes.volume_key
            and volume_days.business_date = left_out_volumes.business_date
),

weeks as (
    select numbers.week_number from (values (1), (2), (3), (4)) as numbers (week_number)
),

{# Each day is a reference for the same weekday in the four following weeks. #}
reference_days as (
    select
        volumes.volume_key,
        cast(
            volumes.business_date + weeks.week_number * interval '7' day as date
        ) as business_date,
        volumes.event_count
    from volumes
    cross join weeks
    where not volumes.is_left_out
),

reference_volumes as (
    select
        volume_key,
        business_date,
        count(*) as reference_count,
        {{ median('event_count') }} as expected_count,
        min(event_count) as least_count,
        max(event_count) as most_count
    from reference_days
    group by volume_key, business_date
),

compared_volumes as (
    select
        volumes.source,
        volumes.event_name,
        volumes.platform,
        volumes.app_version,
        volumes.is_all_versions,
        volumes.business_date,
        volumes.is_left_out,
        volumes.event_count,
        coalesce(reference_volumes.reference_count, 0) as reference_count,
        reference_volumes.expected_count,
        reference_volumes.least_count,
        reference_volumes.most_count
    from volumes
    left join reference_volumes
        on
            volumes.volume_key = reference_volumes.volume_key
            and volumes.business_date = reference_volumes.business_date
)

select * from compared_volumes
