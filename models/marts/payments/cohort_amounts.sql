{{ config(enabled=has_records_of('bank')) }}

with new_users as (
    select
        user_id,
        cast({{ dbt.date_trunc('week', 'first_active_date') }} as date) as cohort_date
    from {{ ref('fct_new_users') }}
),

transfers as (
    select * from {{ ref('fct_transfers') }}
    where transfer_status = 'completed'
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

last_date as (
    select max(business_date) as last_business_date
    from business_dates
),

weeks as (
    select distinct cast({{ dbt.date_trunc('week', 'business_date') }} as date) as week_start_date
    from business_dates
),

cohorts as (
    select
        cohort_date,
        count(*) as cohort_user_count
    from new_users
    group by cohort_date
),

weekly_amounts as (
    select
        new_users.cohort_date,
        cast({{ dbt.date_trunc('week', 'transfers.transfer_date') }} as date) as week_start_date,
        count(distinct transfers.user_id) as sender_count,
        count(*) as transfer_count,
        {{ wide_sum('transfers.amount_krw') }} as amount_krw,
        {{ wide_sum('transfers.fee_krw') }} as fee_krw
    from transfers
    inner join new_users on transfers.user_id = new_users.user_id
    group by
        new_users.cohort_date,
        {{ dbt.date_trunc('week', 'transfers.transfer_date') }}
),

{# Every week of a cohort that has begun, those without a transfer included. #}
cohort_weeks as (
    select
        cohorts.cohort_date,
        {{ dbt.datediff('cohorts.cohort_date', 'weeks.week_start_date', 'day') }} / 7
            as week_number,
        cohorts.cohort_user_count,
        coalesce(weekly_amounts.sender_count, 0) as sender_count,
        coalesce(weekly_amounts.transfer_count, 0) as transfer_count,
        coalesce(weekly_amounts.amount_krw, 0) as amount_krw,
        coalesce(weekly_amounts.fee_krw, 0) as fee_krw,
        weeks.week_start_date
    from cohorts
    inner join weeks on cohorts.cohort_date <= weeks.week_start_date
    left join weekly_amounts
        on
            cohorts.cohort_date = weekly_amounts.cohort_date
            and weeks.week_start_date = weekly_amounts.week_start_date
),

summed_weeks as (
    select
        *,
        sum(amount_krw) over cohort_order as cumulative_amount_krw,
        sum(fee_krw) over cohort_order as cumulative_fee_krw
    from cohort_weeks
    window cohort_order as (
        partition by cohort_date order by week_start_date
        rows between unbounded preceding and current row
    )
),

cohort_amounts as (
    select
        summed_weeks.cohort_date,
        cast(summed_weeks.week_number as bigint) as week_number,
        summed_weeks.cohort_user_count,
        summed_weeks.sender_count,
        summed_weeks.transfer_count,
        cast(summed_weeks.amount_krw as decimal(38, 0)) as amount_krw,
        cast(summed_weeks.fee_krw as decimal(38, 0)) as fee_krw,
        cast(summed_weeks.cumulative_amount_krw as decimal(38, 0)) as cumulative_amount_krw,
        cast(summed_weeks.cumulative_fee_krw as decimal(38, 0)) as cumulative_fee_krw,
        cast(summed_weeks.cumulative_amount_krw as double) / summed_weeks.cohort_user_count
            as cumulative_amount_per_user_krw,
        cast(summed_weeks.cumulative_fee_krw as double) / summed_weeks.cohort_user_count
            as cumulative_fee_per_user_krw,
        {{ dbt.dateadd('day', 7, 'summed_weeks.week_start_date') }}
        <= last_date.last_business_date as is_complete,
        summed_weeks.week_start_date
    from summed_weeks
    cross join last_date
)

select * from cohort_amounts
