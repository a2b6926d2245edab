-- How many card applications are approved, and how long do applicants wait?
{{ config(enabled=has_records_of('bank')) }}

with card_applications as (
    select * from {{ ref('fct_card_applications') }}
)

select
    card_product,
    count(*) as application_count,
    count(submitted_at) as submitted_count,
    count(*) filter (where application_status = 'approved') as approved_count,
    count(*) filter (where application_status = 'approved')
    / nullif(cast(count(decided_at) as double), 0) as approval_rate,
    avg(minutes_to_decision) / 60 as average_hours_to_decision
from card_applications
group by card_product
order by application_count desc
