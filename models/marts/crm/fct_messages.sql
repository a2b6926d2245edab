{{ config(enabled=has_records_of('crm')) }}

with messages as (
    select * from {{ ref('int_messages') }}
),

responses as (
    select * from {{ ref('int_message_responses') }}
),

conversions as (
    select * from {{ ref('int_message_conversions') }}
),

judged_events as (
    select * from {{ ref('int_judged_events') }}
),

present as (
    select max({{ now('received_at') }}) as now_at
    from judged_events
    where source = 'app' and outcome = 'valid'
),

counted_conversions as (
    select
        message_id,
        count(*) filter (where is_attributed) as attributed_conversion_count,
        min(occurred_at) as converted_at
    from conversions
    group by message_id
),

described_messages as (
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
        responses.received_at is not null as is_received,
        responses.opened_at is not null as is_opened,
        responses.clicked_at is not null as is_clicked,
        messages.has_unsubscribed,
        counted_conversions.converted_at is not null as has_converted,
        coalesce(counted_conversions.attributed_conversion_count, 0)
            as attributed_conversion_count,
        coalesce(
            messages.last_sent_at + interval '{{ var("conversion_window_hours") }}' hour
            <= present.now_at,
            false
        ) as is_window_complete,
        {{ business_date('messages.first_sent_at') }} as sent_date,
        messages.first_sent_at,
        messages.last_sent_at,
        responses.received_at,
        responses.opened_at,
        responses.clicked_at,
        counted_conversions.converted_at
    from messages
    left join responses on messages.message_id = responses.message_id
    left join counted_conversions on messages.message_id = counted_conversions.message_id
    cross join present
)

select * from described_messages
