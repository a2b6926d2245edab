{{ config(enabled=has_records_of('crm')) }}

with delivered_messages as (
    select * from {{ ref('fct_messages') }}
    where is_delivered
),

frequency_caps as (
    select * from {{ ref('frequency_caps') }}
),

{#
    A message is counted with the earlier ones of its user and channel in the window that ends with
    it.
#}
counted_messages as (
    select
        delivered_messages.message_id,
        delivered_messages.user_id,
        delivered_messages.campaign_id,
        delivered_messages.channel,
        frequency_caps.max_messages,
        frequency_caps.window_days,
        count(*) as message_count,
        {{ business_date('delivered_messages.last_sent_at') }} as sent_date,
        delivered_messages.last_sent_at as sent_at
    from delivered_messages
    inner join frequency_caps on delivered_messages.channel = frequency_caps.channel
    inner join delivered_messages as earlier_messages
        on
            delivered_messages.user_id = earlier_messages.user_id
            and delivered_messages.channel = earlier_messages.channel
            and delivered_messages.last_sent_at < {{ dbt.dateadd(
                'day', 'frequency_caps.window_days', 'earlier_messages.last_sent_at'
            ) }}
            and (
                delivered_messages.last_sent_at > earlier_messages.last_sent_at
                or (
                    delivered_messages.last_sent_at = earlier_messages.last_sent_at
                    and delivered_messages.message_id >= earlier_messages.message_id
                )
            )
    group by 1, 2, 3, 4, 5, 6, 8, 9
),

breaches as (
    select * from counted_messages
    where message_count > max_messages
)

select * from breaches
