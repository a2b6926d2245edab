-- How far do messages of each channel get?
{{ config(enabled=has_records_of('crm')) }}

with messages as (
    select * from {{ ref('fct_messages') }}
    where not is_holdout
)

select
    channel,
    count(*) as sent_count,
    count(*) filter (where is_delivered) as delivered_count,
    count(*) filter (where is_delivered and is_clicked) as clicked_count,
    count(*) filter (where attributed_conversion_count > 0) as converted_count,
    count(*) filter (where is_dead_letter) as dead_letter_count
from messages
group by channel
order by channel
