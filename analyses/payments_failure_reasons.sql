-- Why do transfers fail, and how much money did not arrive for it?
{{ config(enabled=has_records_of('bank')) }}

with transfers as (
    select * from {{ ref('fct_transfers') }}
    where transfer_status = 'failed'
)

select
    failure_reason,
    count(*) as transfer_count,
    {{ wide_sum('amount_krw') }} as amount_krw
from transfers
group by failure_reason
order by transfer_count desc
