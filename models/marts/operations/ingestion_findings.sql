{%- set has_records = record_entities() | length > 0 -%}
with checks as (
    select * from {{ ref('int_ingestion_checks') }}
    {%- if has_records %}
    union all
    select * from {{ ref('int_record_checks') }}
    {%- endif %}
),

silences as (
    select * from {{ ref('int_version_silences') }}
),

stale_sources as (
    select * from {{ ref('int_stale_sources') }}
),

keyed_checks as (
    select
        *,
        {{ group_key([
            'finding', 'source', 'event_name', 'property', 'platform', 'app_version',
        ]) }} as check_key
    from checks
),

{#
    Gaps and islands: failing days in a row have the same difference between their number among all
    days of the check and their number among its failing days. A day without a check (a holiday)
    does not interrupt the row.
#}
numbered_checks as (
    select
        *,
        row_number() over (partition by check_key order by business_date)
        - row_number() over (
            partition by check_key, is_breached order by business_date
        ) as island_number,
        max(business_date) over (partition by check_key) as last_checked_date
    from keyed_checks
),

islands as (
    select
        finding,
        source,
        event_name,
        property,
        platform,
        app_version,
        min(business_date) as started_date,
        max(business_date) as ended_date,
        max(business_date) = max(last_checked_date) as is_ongoing,
        count(*) as day_count,
        cast(sum(observed_count) as bigint) as observed_count,
        cast(sum(compared_count) as double) as compared_count,
        min(observed_count) as least_count
    from numbered_checks
    where is_breached
    group by check_key, island_number, finding, source, event_name, property, platform, app_version
),

all_findings as (
    select
        finding,
        case
            when finding = 'volume_low' and least_count = 0 then 'critical'
            when finding = 'rejected_share' and observed_count >= 0.5 * compared_count
                then 'critical'
            when finding = 'repeated_content' then 'critical'
            when finding = 'deprecated' then 'info'
            else 'warning'
        end as severity,
        source,
        event_name,
        property,
        platform,
        app_version,
        started_date,
        ended_date,
        is_ongoing,
        day_count,
        observed_count,
        compared_count
    from islands
    union all
    select
        'version_silent' as finding,
        'critical' as severity,
        source,
        event_name,
        cast(null as varchar) as property,
        platform,
        app_version,
        first_date as started_date,
        last_date as ended_date,
        is_ongoing,
        day_count,
        cast(0 as bigint) as observed_count,
        expected_count as compared_count
    from silences
    union all
    select
        'stale' as finding,
        'critical' as severity,
        source,
        cast(null as varchar) as event_name,
        cast(null as varchar) as property,
        cast(null as varchar) as platform,
        cast(null as varchar) as app_version,
        first_date as started_date,
        last_date as ended_date,
        is_ongoing,
        {{ dbt.datediff('first_date', 'last_date', 'day') }} + 1 as day_count,
        cast(0 as bigint) as observed_count,
        cast(null as double) as compared_count
    from stale_sources
),

ingestion_findings as (
    select
        {{ dbt.hash(group_key([
            'finding', 'source', 'event_name', 'property', 'platform', 'app_version',
            'cast(started_date as varchar)',
        ])) }} as finding_id,
        finding,
        severity,
        source,
        event_name,
        property,
        platform,
        app_version,
        day_count,
        observed_count,
        compared_count,
        is_ongoing,
        started_date,
        ended_date
    from all_findings
)

select * from ingestion_findings
