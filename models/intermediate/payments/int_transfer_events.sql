{{ config(enabled=has_records_of('bank')) }}

with started_events as (
    {{ first_events(ref('stg_app__transfer_started'), 'transfer_id') | indent }}
),

confirmed_events as (
    {{ first_events(ref('stg_app__transfer_confirmed'), 'transfer_id') | indent }}
),

completed_events as (
    {{ first_events(ref('stg_app__transfer_completed'), 'transfer_id') | indent }}
),

failed_events as (
    {{ first_events(ref('stg_app__transfer_failed'), 'transfer_id') | indent }}
),

transfers as (
    select transfer_id from started_events
    union distinct
    select transfer_id from confirmed_events
    union distinct
    select transfer_id from completed_events
    union distinct
    select transfer_id from failed_events
),

transfer_events as (
    select
        transfers.transfer_id,
        coalesce(
            started_events.user_id,
            confirmed_events.user_id,
            completed_events.user_id,
            failed_events.user_id
        ) as user_id,
        coalesce(started_events.platform, confirmed_events.platform) as platform,
        coalesce(started_events.app_version, confirmed_events.app_version) as app_version,
        started_events.channel,
        confirmed_events.auth_method,
        completed_events.bank_code,
        case
            when completed_events.transfer_id is not null then 'completed'
            when failed_events.transfer_id is not null then 'failed'
            when confirmed_events.transfer_id is not null then 'confirmed'
            else 'started'
        end as event_status,
        failed_events.error_code,
        coalesce(
            completed_events.amount_krw,
            failed_events.amount_krw,
            confirmed_events.amount_krw,
            started_events.amount_krw
        ) as amount_krw,
        completed_events.fee_krw,
        started_events.occurred_at as started_at,
        confirmed_events.occurred_at as confirmed_at,
        completed_events.occurred_at as completed_at,
        failed_events.occurred_at as failed_at
    from transfers
    left join started_events on transfers.transfer_id = started_events.transfer_id
    left join confirmed_events on transfers.transfer_id = confirmed_events.transfer_id
    left join completed_events on transfers.transfer_id = completed_events.transfer_id
    left join failed_events on transfers.transfer_id = failed_events.transfer_id
)

select * from transfer_events
