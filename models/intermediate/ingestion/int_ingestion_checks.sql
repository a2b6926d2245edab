{{ config(materialized='view') }}

with ingestion_days as (
    select * from {{ ref('int_ingestion_days') }}
),

volume_checks as (
    select * from {{ ref('int_volume_checks') }}
),

content_checks as (
    select * from {{ ref('int_content_checks') }}
),

{# Few events carry a warning: the others are filtered out before the lists are unnested. #}
warned_events as (
    select * from {{ ref('int_judged_events') }}
    where outcome in ('valid', 'rejected') and {{ list_length('warnings') }} > 0
),

{# The share of unplanned lines is taken of everything that their source received. #}
receipts as (
    select
        source,
        event_name,
        platform,
        business_date,
        sum(received_count) as received_count,
        sum(rejected_count) as rejected_count,
        sum(late_count) as late_count
    from ingestion_days
    where event_name is not null and received_count > 0
    group by 1, 2, 3, 4
    union all
    select
        source,
        cast(null as varchar) as event_name,
        cast(null as varchar) as platform,
        business_date,
        sum(received_count) as received_count,
        sum(case when event_name is null then rejected_count else 0 end) as rejected_count,
        0 as late_count
    from ingestion_days
    where received_count > 0
    group by 1, 4
),

shares as (
    {%- for finding, counted in [
        ('rejected_share', 'rejected_count'), ('late_share', 'late_count'),
    ] %}
    select
        '{{ finding }}' as finding,
        source,
        event_name,
        cast(null as varchar) as property,
        platform,
        cast(null as varchar) as app_version,
        business_date,
        cast({{ counted }} as bigint) as observed_count,
        cast(received_count as double) as compared_count,
        {{ counted }} >= {{ var('share_least_count') }}
        and {{ counted }} >= {{ var(finding ~ '_alert') }} * received_count as is_breached
    from receipts
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

{# A version also has a share of its own, because it may be too small to move its platform's. #}
version_shares as (
    select
        'rejected_share' as finding,
        source,
        event_name,
        cast(null as varchar) as property,
        platform,
        app_version,
        business_date,
        rejected_count as observed_count,
        cast(received_count as double) as compared_count,
        rejected_count >= {{ var('share_least_count') }}
        and rejected_count >= {{ var('rejected_share_alert') }} * received_count as is_breached
    from ingestion_days
    where event_name is not null and app_version is not null and received_count > 0
),

{#
    A version that fails on a day on which its platform fails is not judged on that day, so that
    the day neither repeats nor ends a finding of the version.
#}
untold_version_shares as (
    select version_shares.*
    from version_shares
    left join shares
        on
            version_shares.finding = shares.finding
            and version_shares.source = shares.source
            and version_shares.event_name = shares.event_name
            and version_shares.platform is not distinct from shares.platform
            and version_shares.business_date = shares.business_date
            and shares.is_breached
    where shares.finding is null or not version_shares.is_breached
),

warned_days as (
    select
        warned_events.source,
        warned_events.event_name,
        warned_events.platform,
        warned_events.app_version,
        warnings.warning,
        warned_events.received_date as business_date,
        count(*) as warning_count
    from warned_events
    cross join unnest(warned_events.warnings) as warnings (warning)
    where not starts_with(warnings.warning, 'unplanned_property:')
    group by 1, 2, 3, 4, 5, 6
),

warned_groups as (
    select distinct
        source,
        event_name,
        platform,
        app_version,
        warning
    from warned_days
),

{# A warning lasts while the version's events carry it on each day that has any. #}
plan_warnings as (
    select
        {{ dbt.split_part('warned_groups.warning', "':'", 1) }} as finding,
        warned_groups.source,
        warned_groups.event_name,
        nullif({{ dbt.split_part('warned_groups.warning', "':'", 2) }}, '') as property,
        warned_groups.platform,
        warned_groups.app_version,
        ingestion_days.business_date,
        coalesce(warned_days.warning_count, 0) as observed_count,
        cast(ingestion_days.received_count as double) as compared_count,
        warned_days.warning_count is not null as is_breached
    from warned_groups
    inner join ingestion_days
        on
            warned_groups.source = ingestion_days.source
            and warned_groups.event_name = ingestion_days.event_name
            and warned_groups.platform is not distinct from ingestion_days.platform
            and warned_groups.app_version is not distinct from ingestion_days.app_version
    left join warned_days
        on
            warned_groups.source = warned_days.source
            and warned_groups.event_name = warned_days.event_name
            and warned_groups.platform is not distinct from warned_days.platform
            and warned_groups.app_version is not distinct from warned_days.app_version
            and warned_groups.warning = warned_days.warning
            and ingestion_days.business_date = warned_days.business_date
    where ingestion_days.received_count > 0
),

checks as (
    select * from volume_checks
    union all
    select * from content_checks
    union all
    select * from shares
    union all
    select * from untold_version_shares
    union all
    select * from plan_warnings
)

select * from checks
