{{ config(enabled=has_records_of('bank')) }}

with transfer_events as (
    select * from {{ ref('int_transfer_events') }}
    where event_status in ('completed', 'failed')
),

ledger_transfers as (
    select * from {{ ref('int_ledger_transfers') }}
    where ledger_status is not null
),

completed_events as (
    select * from {{ ref('stg_app__transfer_completed') }}
),

failed_events as (
    select * from {{ ref('stg_app__transfer_failed') }}
),

rejected_transfers as (
    select transfer_id from completed_events
    where not is_valid and transfer_id is not null
    union distinct
    select transfer_id from failed_events
    where not is_valid and transfer_id is not null
),

compared_transfers as (
    select
        coalesce(transfer_events.transfer_id, ledger_transfers.transfer_id) as transfer_id,
        coalesce(ledger_transfers.user_id, transfer_events.user_id) as user_id,
        transfer_events.transfer_id is not null as is_in_events,
        ledger_transfers.transfer_id is not null as is_in_ledger,
        transfer_events.event_status,
        case ledger_transfers.ledger_status
            when 'settled' then 'completed'
            when 'reversed' then 'completed'
            else ledger_transfers.ledger_status
        end as ledger_status,
        transfer_events.amount_krw as event_amount_krw,
        ledger_transfers.amount_krw as ledger_amount_krw,
        coalesce(
            ledger_transfers.settled_at,
            transfer_events.completed_at,
            transfer_events.failed_at,
            ledger_transfers.created_at
        ) as ended_at
    from transfer_events
    full outer join ledger_transfers
        on transfer_events.transfer_id = ledger_transfers.transfer_id
),

reconciled_transfers as (
    select
        compared_transfers.transfer_id,
        compared_transfers.user_id,
        case
            when not compared_transfers.is_in_ledger then 'only_in_events'
            when not compared_transfers.is_in_events then 'only_in_ledger'
            when compared_transfers.event_status <> compared_transfers.ledger_status
                then 'outcome_differs'
            when compared_transfers.event_amount_krw <> compared_transfers.ledger_amount_krw
                then 'amount_differs'
            else 'matched'
        end as reconciliation_status,
        rejected_transfers.transfer_id is not null as has_rejected_event,
        compared_transfers.event_status,
        compared_transfers.ledger_status,
        compared_transfers.event_amount_krw,
        compared_transfers.ledger_amount_krw,
        coalesce(compared_transfers.event_amount_krw, 0)
        - coalesce(compared_transfers.ledger_amount_krw, 0) as difference_krw,
        {{ business_date('compared_transfers.ended_at') }} as ended_date,
        compared_transfers.ended_at
    from compared_transfers
    left join rejected_transfers
        on compared_transfers.transfer_id = rejected_transfers.transfer_id
)

select * from reconciled_transfers
