-- Which receiving banks refuse the most transfers?
{{ config(enabled=has_records_of('bank')) }}

with payments as (
    select * from {{ ref('payments_daily') }}
)

select
    bank_code,
    sum(completed_count) as completed_count,
    sum(failed_count) as failed_count,
    sum(completed_count) / nullif(cast(sum(completed_count + failed_count) as double), 0)
        as success_rate
from payments
where bank_code <> 'unknown'
group by bank_code
order by success_rate
