-- Which campaigns make users do what they are for, beyond doubt?
{{ config(enabled=has_records_of('crm')) }}

with campaigns as (
    select * from {{ ref('campaign_performance') }}
    where uplift is not null
)

select
    campaign_name,
    goal_event_name,
    treated_conversion_rate,
    control_conversion_rate,
    uplift,
    uplift_low,
    uplift_high,
    uplift_low > 0 as is_effect_shown
from campaigns
order by uplift desc
