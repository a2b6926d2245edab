{{ config(enabled=has_records_of('crm')) }}
-- Fails when the campaigns' counts are not those of all messages, or when conversions attributed to
-- messages are not as many as the events attributed.
with campaigns as (
    select
        coalesce(sum(sent_count + held_out_count), 0) as message_count,
        coalesce(sum(delivered_count), 0) as delivered_count,
        coalesce(sum(conversion_count), 0) as conversion_count
    from {{ ref('campaign_performance') }}
),

messages as (
    select
        count(*) as message_count,
        count(*) filter (where is_delivered) as delivered_count
    from {{ ref('fct_messages') }}
),

conversions as (
    select count(*) as conversion_count
    from (
        select distinct
            landing_file,
            line_number
        from {{ ref('int_message_conversions') }}
        where is_attributed
    ) as attributed_events
)

select
    campaigns.message_count,
    messages.message_count as counted_messages,
    campaigns.delivered_count,
    messages.delivered_count as counted_delivered,
    campaigns.conversion_count,
    conversions.conversion_count as counted_conversions
from campaigns
cross join messages
cross join conversions
where
    campaigns.message_count <> messages.message_count
    or campaigns.delivered_count <> messages.delivered_count
    or campaigns.conversion_count <> conversions.conversion_count
