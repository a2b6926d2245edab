{{ config(enabled=has_records_of('bank')) }}

with entries as (
    select
        *,
        coalesce(
            entry_type, case when amount_krw < 0 then 'reversal' else 'transfer' end
        ) as known_entry_type
    from {{ ref('stg_bank__transfers') }}
),

records as (
    {{ last_landed_records(
        'entries',
        [
            'transfer_id', 'known_entry_type',
            "case when known_entry_type = 'transfer' then '' else coalesce(entry_id, '') end",
        ],
        clock='coalesce(settled_at, created_at)',
    ) | indent }}
),

ledger_entries as (
    select
        landing_file,
        line_number,
        transfer_id,
        entry_id,
        user_id,
        known_entry_type as entry_type,
        bank_code,
        ledger_status,
        error_code,
        amount_krw,
        fee_krw,
        created_at,
        settled_at
    from records
)

select * from ledger_entries
