with ingestion_days as (
    select * from {{ ref('int_ingestion_days') }}
),

version_volumes as (
    select * from {{ ref('int_event_volumes') }}
    where not is_all_versions
),

{# A day on which a version in use sent none of an event has a row without counts. #}
health as (
    select
        coalesce(ingestion_days.business_date, version_volumes.business_date) as business_date,
        coalesce(ingestion_days.source, version_volumes.source) as source,
        coalesce(ingestion_days.event_name, version_volumes.event_name) as event_name,
        coalesce(ingestion_days.platform, version_volumes.platform) as platform,
        coalesce(ingestion_days.app_version, version_volumes.app_version) as app_version,
        coalesce(ingestion_days.event_count, 0) as event_count,
        case
            when version_volumes.reference_count >= 3 then version_volumes.expected_count
        end as expected_count,
        coalesce(version_volumes.is_left_out, false) as is_left_out,
        coalesce(ingestion_days.received_count, 0) as received_count,
        coalesce(ingestion_days.rejected_count, 0) as rejected_count,
        coalesce(ingestion_days.late_count, 0) as late_count,
        ingestion_days.longest_lag_seconds,
        ingestion_days.first_received_at,
        ingestion_days.last_received_at
    from ingestion_days
    full outer join version_volumes
        on
            ingestion_days.business_date = version_volumes.business_date
            and ingestion_days.source = version_volumes.source
            and ingestion_days.event_name = version_volumes.event_name
            and coalesce(ingestion_days.platform, '') = coalesce(version_volumes.platform, '')
            and coalesce(ingestion_days.app_version, '') = coalesce(version_volumes.app_version, '')
),

health_shares as (
    select
        business_date,
        source,
        event_name,
        platform,
        app_version,
        event_count,
        expected_count,
        event_count / nullif(expected_count, 0) as volume_ratio,
        is_left_out,
        received_count,
        rejected_count,
        cast(rejected_count as double) / nullif(received_count, 0) as rejected_share,
        late_count,
        cast(late_count as double) / nullif(received_count, 0) as late_share,
        longest_lag_seconds,
        first_received_at,
        last_received_at
    from health
)

select * from health_shares
