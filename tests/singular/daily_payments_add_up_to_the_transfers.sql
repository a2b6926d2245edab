{{ config(enabled=has_records_of('bank')) }}
-- Fails on every date whose daily payments are not the sum of its transfers.
with transfers as (
    select
        transfer_date,
        count(*) as transfer_count,
        {{ wide_sum("case when transfer_status = 'completed' then amount_krw else 0 end") }}
            as amount_krw,
        {{ wide_sum('fee_krw') }} as fee_krw
    from {{ ref('fct_transfers') }}
    group by transfer_date
),

payments as (
    select
        transfer_date,
        sum(transfer_count) as transfer_count,
        {{ wide_sum('completed_amount_krw') }} as amount_krw,
        {{ wide_sum('fee_krw') }} as fee_krw
    from {{ ref('payments_daily') }}
    group by transfer_date
)

select
    coalesce(transfers.transfer_date, payments.transfer_date) as transfer_date,
    transfers.amount_krw,
    payments.amount_krw as daily_amount_krw
from transfers
full outer join payments on transfers.transfer_date = payments.transfer_date
where
    not coalesce(
        transfers.transfer_count = payments.transfer_count
        and transfers.amount_krw = payments.amount_krw
        and transfers.fee_krw = payments.fee_krw,
        false
    )
