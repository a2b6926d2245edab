{{ config(materialized='view') }}

with holidays as (
    select * from {{ ref('holidays') }}
),

known_outages as (
    select * from {{ ref('known_outages') }}
),

left_out_days as (
    select
        cast(null as varchar) as source,
        cast(null as varchar) as event_name,
        cast(null as varchar) as platform,
        holiday_date as business_date
    from holidays
    union all
    select
        source,
        event_name,
        platform,
        dates.business_date
    from known_outages
    cross join unnest(
        {{ dates_between(business_date('started_at'), business_date('ended_at')) }}
    ) as dates (business_date)
)

select * from left_out_days
