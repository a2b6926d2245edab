{{ config(enabled=has_records_of('crm')) }}

with records as (
    {{ last_landed_records(
        ref('stg_crm__sends'), ['message_id', 'attempt_number'], clock='sent_at'
    ) | indent }}
),

send_attempts as (
    select
        message_id,
        attempt_number,
        campaign_id,
        user_id,
        channel,
        send_status,
        coalesce(has_unsubscribed, false) as has_unsubscribed,
        is_holdout,
        sent_at
    from records
)

select * from send_attempts
