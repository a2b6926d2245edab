with judged_events as (
    select * from {{ ref('int_judged_events') }}
    where outcome = 'valid'
),

span as (
    select
        {{ business_date('min(occurred_at)') }} as first_date,
        {{ business_date(now('max(received_at)')) }} as last_date
    from judged_events
),

business_dates as (
    select dates.business_date
    from span
    cross join unnest({{ dates_between('first_date', 'last_date') }}) as dates (business_date)
)

select * from business_dates
