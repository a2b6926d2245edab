-- Which themes drive users away?
{{ config(enabled=has_records_of('crm')) }}

with campaigns as (
    select * from {{ ref('campaign_performance') }}
    where is_known
)

select
    campaign_theme,
    sum(delivered_count) as delivered_count,
    sum(unsubscribed_count) as unsubscribed_count,
    sum(unsubscribed_count) / nullif(cast(sum(delivered_count) as double), 0) as unsubscribe_rate
from campaigns
group by campaign_theme
order by unsubscribe_rate desc
