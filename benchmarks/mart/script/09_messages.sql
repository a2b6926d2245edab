create table marts.dim_campaigns as
select
    coalesce(campaigns.campaign_id, sent.campaign_id) as campaign_id,
    campaigns.campaign_id is not null as is_known,
    campaigns.campaign_name,
    regexp_replace(campaigns.campaign_name, '_[0-9]+$', '') as campaign_theme,
    coalesce(campaigns.channel, sent.channel) as channel,
    goals.goal_event_name,
    campaigns.holdout_share,
    campaigns.starts_at,
    campaigns.ends_at
from campaigns
full outer join (
    select campaign_id, min(channel) as channel from sends group by campaign_id
) as sent on campaigns.campaign_id = sent.campaign_id
left join read_csv('$seeds/campaign_goals.csv', header = true) as goals
    on regexp_replace(campaigns.campaign_name, '_[0-9]+$', '') = goals.campaign_theme;

create temp table messages as
select
    sent.message_id,
    sent.last.campaign_id as campaign_id,
    identifiers.hashed as user_id,
    sent.last.channel as channel,
    case
        when sent.last.is_holdout then 'held_out'
        else coalesce(sent.last.send_status, 'sent')
    end as message_status,
    sent.last.attempt_number as attempt_count,
    sent.last.is_holdout as is_holdout,
    sent.has_unsubscribed,
    sent.first_sent_at,
    sent.last.sent_at as last_sent_at
from (
    select
        message_id,
        arg_max(sends, attempt_number) as last,
        bool_or(has_unsubscribed) as has_unsubscribed,
        min(sent_at) as first_sent_at
    from sends
    group by message_id
) as sent
inner join identifiers on hash(sent.last.user_id) = identifiers.key;

-- The app reports the campaign that opened it: the message is the last one of it to the user.
create temp table clicks as
-- Materialized: a join to all messages of the campaign, before the user is known, would be large.
with openings as materialized (
    select
        sessions.user_id,
        landed.properties ->> '$.campaignId' as campaign_id,
        landed.occurred_at,
        landed.rowid as pos
    from landed
    inner join session_events on landed.rowid = session_events.pos
    inner join sessions on session_events.session_number = sessions.session_number
    where
        landed.entry = 'app_opened'
        and landed.violations is null
        and landed.properties ->> '$.campaignId' is not null
),

opened_messages as (
    select
        messages.message_id,
        openings.occurred_at
    from openings
    inner join messages
        on
            openings.user_id = messages.user_id
            and openings.campaign_id = messages.campaign_id
            and openings.occurred_at >= messages.last_sent_at
    where not messages.is_holdout
    qualify row_number() over (
        partition by openings.pos order by messages.last_sent_at desc, messages.message_id desc
    ) = 1
)

select message_id, min(occurred_at) as clicked_at
from opened_messages
group by message_id;

create temp table conversions as
with goal_events as materialized (
    select
        landed.rowid as pos,
        landed.entry as event_name,
        landed.occurred_at,
        coalesce(sessions.user_id, users.hashed) as user_id
    from landed
    left join session_events on landed.rowid = session_events.pos
    left join sessions on session_events.session_number = sessions.session_number
    left join identifiers as users on landed.user_key = users.key
    where
        landed.entry in (select goal_event_name from marts.dim_campaigns)
        and landed.violations is null
        and not landed.is_bot
        and landed.rowid not in (select pos from copies)
),

followed as (
    select
        messages.message_id,
        goal_events.occurred_at,
        messages.message_status = 'delivered'
        and row_number() over (
            partition by goal_events.pos, messages.message_status = 'delivered'
            order by messages.last_sent_at desc, messages.message_id desc
        ) = 1 as is_attributed
    from messages
    inner join marts.dim_campaigns as campaigns on messages.campaign_id = campaigns.campaign_id
    inner join goal_events
        on
            messages.user_id = goal_events.user_id
            and campaigns.goal_event_name = goal_events.event_name
            and messages.last_sent_at <= goal_events.occurred_at
            and messages.last_sent_at + interval 72 hour > goal_events.occurred_at
)

select
    message_id,
    count(*) filter (where is_attributed) as attributed_conversion_count,
    min(occurred_at) as converted_at
from followed
group by message_id;

create table marts.fct_messages as
select
    messages.message_id,
    messages.campaign_id,
    messages.user_id,
    messages.channel,
    messages.message_status,
    messages.attempt_count,
    greatest(messages.attempt_count - 1, 0) as retry_count,
    messages.is_holdout,
    messages.message_status = 'delivered' as is_delivered,
    messages.message_status = 'dead_letter' as is_dead_letter,
    received.occurred_at is not null as is_received,
    opened.occurred_at is not null as is_opened,
    clicks.clicked_at is not null as is_clicked,
    messages.has_unsubscribed,
    conversions.converted_at is not null as has_converted,
    coalesce(conversions.attributed_conversion_count, 0) as attributed_conversion_count,
    messages.last_sent_at + interval 72 hour <= (select now_at from present)
        as is_window_complete,
    seoul_date(messages.first_sent_at) as sent_date,
    messages.first_sent_at,
    messages.last_sent_at,
    received.occurred_at as received_at,
    opened.occurred_at as opened_at,
    clicks.clicked_at,
    conversions.converted_at
from messages
left join keyed_events as received
    on
        messages.message_id = received.subject
        and received.entry = 'push_received'
        and not messages.is_holdout
left join keyed_events as opened
    on
        messages.message_id = opened.subject
        and opened.entry = 'push_opened'
        and not messages.is_holdout
left join clicks on messages.message_id = clicks.message_id
left join conversions on messages.message_id = conversions.message_id;

create table marts.frequency_cap_breaches as
select
    delivered.message_id,
    delivered.user_id,
    delivered.campaign_id,
    delivered.channel,
    caps.max_messages,
    caps.window_days,
    count(*) as message_count,
    seoul_date(delivered.last_sent_at) as sent_date,
    delivered.last_sent_at as sent_at
from marts.fct_messages as delivered
inner join read_csv('$seeds/frequency_caps.csv', header = true) as caps
    on delivered.channel = caps.channel
inner join marts.fct_messages as earlier
    on
        delivered.user_id = earlier.user_id
        and delivered.channel = earlier.channel
        and delivered.last_sent_at < earlier.last_sent_at + caps.window_days * interval 1 day
        and (delivered.last_sent_at, delivered.message_id)
        >= (earlier.last_sent_at, earlier.message_id)
where delivered.is_delivered and earlier.is_delivered
group by all
having count(*) > caps.max_messages;

create temp macro wilson(successes, trials, sign) as (
    2.0 * successes + 3.8414588206941254
    + sign * 1.959963984540054 * sqrt(
        3.8414588206941254
        + 4.0 * successes * (1.0 - successes::double / nullif(trials, 0))
    )
) / (2.0 * (trials + 3.8414588206941254));

create table marts.campaign_performance as
with message_counts as (
    select
        campaign_id,
        count(*) filter (where not is_holdout) as sent_count,
        count(*) filter (where is_holdout) as held_out_count,
        count(*) filter (where retry_count > 0) as retried_count,
        count(*) filter (where is_dead_letter) as dead_letter_count,
        count(*) filter (where is_delivered) as delivered_count,
        count(*) filter (where channel = 'push' and is_delivered) as delivered_push_count,
        count(*) filter (where is_delivered and is_opened) as opened_count,
        count(*) filter (where is_delivered and is_clicked) as clicked_count,
        count(*) filter (where is_delivered and has_unsubscribed) as unsubscribed_count,
        count(*) filter (where attributed_conversion_count > 0) as converted_count,
        sum(attributed_conversion_count)::bigint as conversion_count,
        min(first_sent_at) as first_sent_at,
        max(last_sent_at) as last_sent_at
    from marts.fct_messages
    group by campaign_id
),

user_counts as (
    select
        campaign_id,
        count(*) filter (where not is_control) as treated_user_count,
        count(*) filter (where not is_control and has_converted) as treated_converted_count,
        count(*) filter (where is_control) as control_user_count,
        count(*) filter (where is_control and has_converted) as control_converted_count
    from (
        select
            campaign_id,
            bool_and(is_holdout) as is_control,
            bool_or(has_converted) as has_converted
        from marts.fct_messages
        where is_window_complete
        group by campaign_id, user_id
    )
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
        coalesce(columns(message_counts.* exclude (campaign_id, first_sent_at, last_sent_at)), 0),
        coalesce(columns(user_counts.* exclude (campaign_id)), 0),
        message_counts.first_sent_at,
        message_counts.last_sent_at
    from marts.dim_campaigns as campaigns
    left join message_counts on campaigns.campaign_id = message_counts.campaign_id
    left join user_counts on campaigns.campaign_id = user_counts.campaign_id
),

intervals as (
    select
        *,
        case when goal_event_name is not null then treated_converted_count end
        / nullif(treated_user_count::double, 0) as rate_1,
        case when goal_event_name is not null then control_converted_count end
        / nullif(control_user_count::double, 0) as rate_2,
        wilson(treated_converted_count, treated_user_count, -1) as lower_1,
        wilson(treated_converted_count, treated_user_count, 1) as upper_1,
        wilson(control_converted_count, control_user_count, -1) as lower_2,
        wilson(control_converted_count, control_user_count, 1) as upper_2
    from counts
)

select
    * exclude (rate_1, rate_2, lower_1, upper_1, lower_2, upper_2),
    delivered_count / nullif(sent_count::double, 0) as delivery_rate,
    opened_count / nullif(delivered_push_count::double, 0) as open_rate,
    clicked_count / nullif(delivered_count::double, 0) as click_rate,
    unsubscribed_count / nullif(delivered_count::double, 0) as unsubscribe_rate,
    case when goal_event_name is not null then converted_count end
    / nullif(delivered_count::double, 0) as conversion_rate,
    rate_1 as treated_conversion_rate,
    rate_2 as control_conversion_rate,
    round(rate_1 - rate_2, 6) as uplift,
    round(
        rate_1 - rate_2 - sqrt(power(rate_1 - lower_1, 2) + power(rate_2 - upper_2, 2)), 6
    ) as uplift_low,
    round(
        rate_1 - rate_2 + sqrt(power(rate_1 - upper_1, 2) + power(rate_2 - lower_2, 2)), 6
    ) as uplift_high
from intervals;
