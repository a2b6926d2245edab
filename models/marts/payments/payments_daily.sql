{{ config(enabled=has_records_of('bank')) }}

with transfers as (
    select * from {{ ref('fct_transfers') }}
),

daily_payments as (
    select
        transfer_date,
        coalesce(bank_code, 'unknown') as bank_code,
        coalesce(platform, 'unknown') as platform,
        count(*) as transfer_count,
        count(*) filter (where transfer_status = 'completed') as completed_count,
        count(*) filter (where transfer_status = 'failed') as failed_count,
        count(*) filter (where transfer_status in ('started', 'confirmed')) as unfinished_count,
        count(distinct user_id) as sender_count,
        {{ wide_sum("case when transfer_status = 'completed' then amount_krw else 0 end") }}
            as completed_amount_krw,
        {{ wide_sum("case when transfer_status = 'completed' then gross_amount_krw else 0 end") }}
            as gross_amount_krw,
        {{ wide_sum("case when transfer_status = 'completed' then returned_krw else 0 end") }}
            as returned_krw,
        {{ wide_sum("case when transfer_status = 'failed' then amount_krw else 0 end") }}
            as failed_amount_krw,
        {{ wide_sum('fee_krw') }} as fee_krw
    from transfers
    group by 1, 2, 3
),

payments as (
    select
        transfer_date,
        bank_code,
        platform,
        transfer_count,
        completed_count,
        failed_count,
        unfinished_count,
        sender_count,
        cast(completed_count as double) / nullif(completed_count + failed_count, 0) as success_rate,
        completed_amount_krw,
        gross_amount_krw,
        returned_krw,
        failed_amount_krw,
        fee_krw
    from daily_payments
)

select * from payments
