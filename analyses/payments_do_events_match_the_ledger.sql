-- Can we trust the app's figures on transfers: how far are they from the bank's ledger?
{{ config(enabled=has_records_of('bank')) }}

with reconciled_transfers as (
    select * from {{ ref('transfer_reconciliation') }}
)

select
    reconciliation_status,
    count(*) as transfer_count,
    count(*) / cast(sum(count(*)) over () as double) as share,
    {{ wide_sum('difference_krw') }} as difference_krw
from reconciled_transfers
group by reconciliation_status
order by transfer_count desc
