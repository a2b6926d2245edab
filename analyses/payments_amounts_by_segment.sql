-- Which customers send the most money?
{{ config(enabled=has_records_of('bank')) }}

with transfers as (
    select * from {{ ref('fct_transfers') }}
    where transfer_status = 'completed'
)

select
    user_segment,
    count(distinct user_id) as sender_count,
    {{ wide_sum('amount_krw') }} as amount_krw,
    {{ wide_sum('amount_krw') }} / nullif(count(distinct user_id), 0) as amount_krw_per_sender
from transfers
group by user_segment
order by amount_krw desc
