with business_dates as (
    select * from {{ ref('int_business_dates') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

dates as (
    select
        business_dates.business_date,
        cast({{ dbt.date_trunc('week', 'business_dates.business_date') }} as date)
            as week_start_date,
        cast({{ dbt.date_trunc('month', 'business_dates.business_date') }} as date)
            as month_start_date,
        holidays.holiday_name
    from business_dates
    left join holidays on business_dates.business_date = holidays.holiday_date
)

select * from dates
