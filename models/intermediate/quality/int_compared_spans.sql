with arrival_shares as (
    select * from {{ ref('int_arrival_shares') }}
),

open_dates as (
    select * from {{ ref('int_open_dates') }}
),

ingestion_days as (
    select * from {{ ref('int_ingestion_days') }}
),

{# Before experience says how late events are, no date is compared. #}
arrived as (
    select min(age_days) as age_days
    from arrival_shares
    where arrived_share >= {{ var('compared_arrived_share') }}
),

{# The first date is an incomplete day. #}
first_date as (
    select min(business_date) as first_date
    from ingestion_days
    where received_count > 0
),

compared_spans as (
    select
        open_dates.counted,
        cast({{ dbt.dateadd('day', 1, 'first_date.first_date') }} as date) as first_date,
        cast({{ dbt.dateadd(
            'day',
            "-case when open_dates.counted = 'operations' then 1 else arrived.age_days end",
            'open_dates.open_from_date'
        ) }} as date) as last_date
    from open_dates
    cross join arrived
    cross join first_date
)

select * from compared_spans
