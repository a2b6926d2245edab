-- How much money do we move in a week, and what do we earn on it?
{{ config(enabled=has_records_of('bank')) }}

with payments as (
    select * from {{ ref('payments_daily') }}
)

select
    {{ dbt.date_trunc('week', 'transfer_date') }} as week,
    sum(completed_count) as transfer_count,
    {{ wide_sum('completed_amount_krw') }} as amount_krw,
    {{ wide_sum('fee_krw') }} as fee_krw
from payments
group by 1
order by 1
