{{ config(materialized='view') }}

with property_shifts as (
    select * from {{ ref('int_property_shifts') }}
),

repeated_events as (
    select * from {{ ref('int_repeated_events') }}
),

shift_checks as (
    select
        'distribution_shift' as finding,
        source,
        event_name,
        property,
        cast(null as varchar) as platform,
        cast(null as varchar) as app_version,
        business_date,
        moved_count as observed_count,
        cast(event_count as double) as compared_count,
        is_shifted as is_breached
    from property_shifts
),

repeat_checks as (
    select
        'repeated_content' as finding,
        source,
        event_name,
        cast(null as varchar) as property,
        cast(null as varchar) as platform,
        cast(null as varchar) as app_version,
        business_date,
        repeated_count as observed_count,
        cast(event_count as double) as compared_count,
        repeated_count >= {{ var('share_least_count') }}
        and repeated_count >= {{ var('repeated_share_alert') }} * event_count as is_breached
    from repeated_events
),

content_checks as (
    select * from shift_checks
    union all
    select * from repeat_checks
)

select * from content_checks
