-- Which deliveries does the campaign system claim that no device ever got?
{{ config(enabled=has_records_of('crm')) }}

with messages as (
    select * from {{ ref('fct_messages') }}
    where channel = 'push' and is_delivered
)

select
    sent_date,
    count(*) as delivered_count,
    count(*) filter (where not is_received) as unreceived_count
from messages
group by sent_date
order by unreceived_count desc, sent_date asc
