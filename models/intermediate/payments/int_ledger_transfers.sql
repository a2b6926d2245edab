{{ config(enabled=has_records_of('bank')) }}

with records as (
    {{ last_landed_records(ref('stg_bank__transfers'), ['transfer_id']) | indent }}
),

ledger_transfers as (
    select
        transfer_id,
        user_id,
        bank_code,
        ledger_status,
        error_code,
        amount_krw,
        fee_krw,
        created_at,
        settled_at
    from records
)

select * from ledger_transfers
