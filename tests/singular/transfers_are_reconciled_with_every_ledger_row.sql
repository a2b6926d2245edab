{{ config(enabled=has_records_of('bank')) }}
-- Fails when the reconciliation does not hold every transfer of the ledger and every one that an
-- event ended, each with its amount; or when a completed transfer is worth anything but what the
-- ledger, or without it the event, says.
with reconciled as (
    select
        count(ledger_status) as ledger_count,
        coalesce({{ wide_sum('ledger_amount_krw') }}, 0) as ledger_amount_krw,
        count(event_status) as event_count,
        coalesce({{ wide_sum('event_amount_krw') }}, 0) as event_amount_krw,
        coalesce({{ wide_sum('difference_krw') }}, 0) as difference_krw,
        coalesce({{ wide_sum(
            "case when coalesce(ledger_status, event_status) = 'completed'"
            ~ " then coalesce(ledger_amount_krw, event_amount_krw) end"
        ) }}, 0) as completed_amount_krw
    from {{ ref('transfer_reconciliation') }}
),

ledger as (
    select
        count(ledger_status) as ledger_count,
        coalesce({{ wide_sum('amount_krw') }}, 0) as ledger_amount_krw
    from {{ ref('int_ledger_transfers') }}
),

events as (
    select
        count(*) as event_count,
        coalesce({{ wide_sum('amount_krw') }}, 0) as event_amount_krw
    from {{ ref('int_transfer_events') }}
    where event_status in ('completed', 'failed')
),

transfers as (
    select coalesce({{ wide_sum('amount_krw + returned_krw') }}, 0) as completed_amount_krw
    from {{ ref('fct_transfers') }}
    where transfer_status = 'completed'
)

select
    reconciled.*,
    ledger.ledger_count as counted_ledger_rows,
    events.event_count as counted_events,
    transfers.completed_amount_krw as transfers_amount_krw
from reconciled
cross join ledger
cross join events
cross join transfers
where
    reconciled.ledger_count <> ledger.ledger_count
    or reconciled.ledger_amount_krw <> ledger.ledger_amount_krw
    or reconciled.event_count <> events.event_count
    or reconciled.event_amount_krw <> events.event_amount_krw
    or reconciled.difference_krw <> events.event_amount_krw - ledger.ledger_amount_krw
    or reconciled.completed_amount_krw <> transfers.completed_amount_krw
