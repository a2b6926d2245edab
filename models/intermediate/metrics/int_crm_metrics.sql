{{ config(enabled=has_records_of('crm')) }}
{%- set dimensions = ['campaign', 'channel'] -%}
{#-
    An attempt may be repeated on the next day, and conversions are counted for the window after it.
-#}
{%- set window_days = 1 + (var('conversion_window_hours') / 24) | round(0, 'ceil') | int %}

with messages as (
    select * from {{ ref('fct_messages') }}
    where sent_date is not null
),

campaigns as (
    select * from {{ ref('dim_campaigns') }}
),

breaches as (
    select * from {{ ref('frequency_cap_breaches') }}
),

dimensioned_messages as (
    select
        messages.sent_date,
        messages.campaign_id as campaign,
        messages.channel,
        messages.is_holdout,
        messages.is_delivered,
        messages.is_dead_letter,
        messages.is_opened,
        messages.is_clicked,
        messages.has_unsubscribed,
        messages.attributed_conversion_count,
        campaigns.goal_event_name is not null as has_goal
    from messages
    left join campaigns on messages.campaign_id = campaigns.campaign_id
),

message_counts as (
    {%- call counted_by('dimensioned_messages', 'sent_date', dimensions) %}
        count(*) filter (where not is_holdout) as sent_count,
        count(*) filter (where is_delivered) as delivered_count,
        count(*) filter (where is_dead_letter) as dead_letter_count,
        count(*) filter (where is_delivered and channel = 'push') as delivered_push_count,
        count(*) filter (where is_delivered and is_opened) as opened_count,
        count(*) filter (where is_delivered and is_clicked) as clicked_count,
        count(*) filter (where is_delivered and has_unsubscribed) as unsubscribed_count,
        count(*) filter (where is_delivered and has_goal) as delivered_with_goal_count,
        count(*) filter (where has_goal and attributed_conversion_count > 0) as converted_count
    {%- endcall %}
),

dimensioned_breaches as (
    select
        sent_date,
        campaign_id as campaign,
        channel
    from breaches
),

breach_counts as (
    {%- call counted_by('dimensioned_breaches', 'sent_date', dimensions) %}
        count(*) as breach_count
    {%- endcall %}
),

crm_metrics as (
    {{ metric_rows('message_counts', {
        'messages_sent': {'numerator': 'sent_count', 'window_days': 1},
        'messages_delivered': {'numerator': 'delivered_count', 'window_days': 1},
        'message_delivery_rate': {
            'numerator': 'delivered_count',
            'denominator': 'sent_count',
            'window_days': 1,
        },
        'message_dead_letters': {'numerator': 'dead_letter_count', 'window_days': 1},
        'push_open_rate': {
            'numerator': 'opened_count',
            'denominator': 'delivered_push_count',
            'window_days': window_days,
        },
        'message_click_rate': {
            'numerator': 'clicked_count',
            'denominator': 'delivered_count',
            'window_days': window_days,
        },
        'message_unsubscribe_rate': {
            'numerator': 'unsubscribed_count',
            'denominator': 'delivered_count',
            'window_days': window_days,
        },
        'message_conversion_rate': {
            'numerator': 'converted_count',
            'denominator': 'delivered_with_goal_count',
            'window_days': window_days,
        },
    }) | indent }}
    union all
    {{ metric_rows('breach_counts', {
        'frequency_cap_breaches': {'numerator': 'breach_count', 'window_days': 1},
    }) | indent }}
)

select * from crm_metrics
