-- How many users get more messages than we promised, and do they unsubscribe?
{{ config(enabled=has_records_of('crm')) }}

with messages as (
    select * from {{ ref('fct_messages') }}
    where is_delivered
),

breaches as (
    select * from {{ ref('frequency_cap_breaches') }}
)

select
    messages.channel,
    breaches.message_id is not null as is_breach,
    count(*) as message_count,
    count(distinct messages.user_id) as user_count,
    count(*) filter (where messages.has_unsubscribed) / cast(count(*) as double)
        as unsubscribe_rate
from messages
left join breaches on messages.message_id = breaches.message_id
group by 1, 2
order by 1, 2
