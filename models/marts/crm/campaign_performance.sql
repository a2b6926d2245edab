{{ config(enabled=has_records_of('crm')) }}

with campaigns as (
    select * from {{ ref('dim_campaigns') }}
),

messages as (
    select * from {{ ref('fct_messages') }}
),

message_counts as (
    select
        campaign_id,
        count(*) filter (where not is_holdout) as sent_count,
        count(*) filter (where is_holdout) as held_out_count,
        count(*) filter (where is_delivered) as delivered_count,
        count(*) filter (where retry_count > 0) as retried_count,
        count(*) filter (where is_dead_letter) as dead_letter_count,
        count(*) filter (where channel = 'push' and is_delivered) as delivered_push_count,
        count(*) filter (where is_delivered and is_opened) as opened_count,
        count(*) filter (where is_delivered and is_clicked) as clicked_count,
        count(*) filter (where is_delivered and has_unsubscribed) as unsubscribed_count,
        count(*) filter (where attributed_conversion_count > 0) as converted_count,
        cast(sum(attributed_conversion_count) as bigint) as conversion_count,
        min(first_sent_at) as first_sent_at,
        max(last_sent_at) as last_sent_at
    from messages
    group by campaign_id
),

{#
    The uplift compares users by the group that they were assigned to, whether or not a message
    reached them (intention to treat): otherwise reachable users would be compared with all users.
#}
dealt_users as (
    select
        campaign_id,
        user_id,
        bool_and(is_holdout) as is_control,
        bool_or(has_converted) as has_converted
    from messages
    where is_window_complete
    group by campaign_id, user_id
),

user_counts as (
    select
        campaign_id,
        count(*) filter (where not is_control) as treated_user_count,
        count(*) filter (where not is_control and has_converted) as treated_converted_count,
        count(*) filter (where is_control) as control_user_count,
        count(*) filter (where is_control and has_converted) as control_converted_count
    from dealt_users
    group by campaign_id
),

counts as (
    select
        campaigns.campaign_id,
        campaigns.is_known,
        campaigns.campaign_name,
        campaigns.campaign_theme,
        campaigns.channel,
        campaigns.goal_event_name,
        coalesce(message_counts.sent_count, 0) as sent_count,
        coalesce(message_counts.held_out_count, 0) as held_out_count,
        coalesce(message_counts.delivered_count, 0) as delivered_count,
        coalesce(message_counts.retried_count, 0) as retried_count,
        coalesce(message_counts.dead_letter_count, 0) as dead_letter_count,
        coalesce(message_counts.delivered_push_count, 0) as delivered_push_count,
        coalesce(message_counts.opened_count, 0) as opened_count,
        coalesce(message_counts.clicked_count, 0) as clicked_count,
        coalesce(message_counts.unsubscribed_count, 0) as unsubscribed_count,
        coalesce(message_counts.converted_count, 0) as converted_count,
        coalesce(message_counts.conversion_count, 0) as conversion_count,
        coalesce(user_counts.treated_user_count, 0) as treated_user_count,
        coalesce(user_counts.treated_converted_count, 0) as treated_converted_count,
        coalesce(user_counts.control_user_count, 0) as control_user_count,
        coalesce(user_counts.control_converted_count, 0) as control_converted_count,
        message_counts.first_sent_at,
        message_counts.last_sent_at
    from campaigns
    left join message_counts on campaigns.campaign_id = message_counts.campaign_id
    left join user_counts on campaigns.campaign_id = user_counts.campaign_id
),

{# A campaign without a goal has no conversions to compare. #}
intervals as (
    select
        *,
        case when goal_event_name is not null then treated_converted_count end
        / nullif(cast(treated_user_count as double), 0) as rate_1,
        case when goal_event_name is not null then control_converted_count end
        / nullif(cast(control_user_count as double), 0) as rate_2,
        {{ wilson_bound('treated_converted_count', 'treated_user_count', '-') | indent(8) }}
            as lower_1,
        {{ wilson_bound('treated_converted_count', 'treated_user_count', '+') | indent(8) }}
            as upper_1,
        {{ wilson_bound('control_converted_count', 'control_user_count', '-') | indent(8) }}
            as lower_2,
        {{ wilson_bound('control_converted_count', 'control_user_count', '+') | indent(8) }}
            as upper_2
    from counts
),

performance as (
    select
        campaign_id,
        is_known,
        campaign_name,
        campaign_theme,
        channel,
        goal_event_name,
        sent_count,
        held_out_count,
        retried_count,
        dead_letter_count,
        delivered_count,
        delivered_push_count,
        opened_count,
        clicked_count,
        unsubscribed_count,
        converted_count,
        conversion_count,
        delivered_count / nullif(cast(sent_count as double), 0) as delivery_rate,
        opened_count / nullif(cast(delivered_push_count as double), 0) as open_rate,
        clicked_count / nullif(cast(delivered_count as double), 0) as click_rate,
        unsubscribed_count / nullif(cast(delivered_count as double), 0) as unsubscribe_rate,
        case when goal_event_name is not null then converted_count end
        / nullif(cast(delivered_count as double), 0) as conversion_rate,
        treated_user_count,
        treated_converted_count,
        control_user_count,
        control_converted_count,
        rate_1 as treated_conversion_rate,
        rate_2 as control_conversion_rate,
        round(rate_1 - rate_2, 6) as uplift,
        round({{ newcombe_bound('-') | indent(8) }}, 6) as uplift_low,
        round({{ newcombe_bound('+') | indent(8) }}, 6) as uplift_high,
        first_sent_at,
        last_sent_at
    from intervals
)

select * from performance
