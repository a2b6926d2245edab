{{ config(enabled=has_records_of('crm')) }}

with campaigns as (
    {{ last_landed_records(ref('stg_crm__campaigns'), ['campaign_id']) | indent }}
),

send_attempts as (
    select * from {{ ref('int_send_attempts') }}
),

campaign_goals as (
    select * from {{ ref('campaign_goals') }}
),

known_campaigns as (
    select
        *,
        regexp_replace(campaign_name, '_[0-9]+$', '') as campaign_theme
    from campaigns
),

{# Campaigns that only a send names are included, so that every message has its campaign. #}
sent_campaigns as (
    select
        campaign_id,
        min(channel) as channel
    from send_attempts
    group by campaign_id
),

all_campaigns as (
    select
        coalesce(known_campaigns.campaign_id, sent_campaigns.campaign_id) as campaign_id,
        known_campaigns.campaign_id is not null as is_known,
        known_campaigns.campaign_name,
        known_campaigns.campaign_theme,
        coalesce(known_campaigns.channel, sent_campaigns.channel) as channel,
        campaign_goals.goal_event_name,
        known_campaigns.holdout_share,
        known_campaigns.starts_at,
        known_campaigns.ends_at
    from known_campaigns
    full outer join sent_campaigns on known_campaigns.campaign_id = sent_campaigns.campaign_id
    left join campaign_goals on known_campaigns.campaign_theme = campaign_goals.campaign_theme
)

select * from all_campaigns
