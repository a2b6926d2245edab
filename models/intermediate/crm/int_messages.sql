{{ config(enabled=has_records_of('crm')) }}

with send_attempts as (
    select * from {{ ref('int_send_attempts') }}
),

ranked_attempts as (
    select
        *,
        row_number() over (partition by message_id order by attempt_number desc) as reverse_number,
        min(sent_at) over (partition by message_id) as first_sent_at,
        max(case when has_unsubscribed then 1 else 0 end) over (
            partition by message_id
        ) as unsubscribed_count
    from send_attempts
),

messages as (
    select
        message_id,
        campaign_id,
        user_id,
        channel,
        case when is_holdout then 'held_out' else coalesce(send_status, 'sent') end
            as message_status,
        attempt_number as attempt_count,
        is_holdout,
        unsubscribed_count > 0 as has_unsubscribed,
        first_sent_at,
        sent_at as last_sent_at
    from ranked_attempts
    where reverse_number = 1
)

select * from messages
