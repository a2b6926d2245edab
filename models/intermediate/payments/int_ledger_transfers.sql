{{ config(enabled=has_records_of('bank')) }}

{%- set returned = {
    'reversed': 'reversal', 'refunded': 'refund', 'charged_back': 'chargeback'
} -%}
with ledger_entries as (
    select * from {{ ref('int_ledger_entries') }}
),

transfers as (
    select * from ledger_entries
    where entry_type = 'transfer'
),

returns as (
    select
        transfer_id,
        min(user_id) as user_id,
        min(bank_code) as bank_code,
        cast(-{{ wide_sum('amount_krw') }} as bigint) as returned_krw,
        {%- for name, entry_type in returned.items() %}
        cast(-{{ wide_sum(
            "case when entry_type = '" ~ entry_type ~ "' then amount_krw else 0 end"
        ) }} as bigint) as {{ name }}_krw,
        {%- endfor %}
        min(created_at) as created_at,
        min(settled_at) as settled_at
    from ledger_entries
    where entry_type <> 'transfer' and ledger_status <> 'failed'
    group by transfer_id
),

{# Returns of transfers that the ledger does not hold are included, so that no money is missing. #}
ledger_transfers as (
    select
        coalesce(transfers.transfer_id, returns.transfer_id) as transfer_id,
        coalesce(transfers.user_id, returns.user_id) as user_id,
        coalesce(transfers.bank_code, returns.bank_code) as bank_code,
        transfers.ledger_status,
        transfers.error_code,
        transfers.amount_krw,
        case
            when transfers.ledger_status = 'reversed' then transfers.amount_krw
            else coalesce(returns.returned_krw, 0)
        end as returned_krw,
        {%- for name in returned %}
        case
            when transfers.ledger_status = 'reversed'
                then {{ 'transfers.amount_krw' if name == 'reversed' else 0 }}
            else coalesce(returns.{{ name }}_krw, 0)
        end as {{ name }}_krw,
        {%- endfor %}
        transfers.fee_krw,
        coalesce(transfers.created_at, returns.created_at) as created_at,
        case
            when transfers.transfer_id is null then returns.settled_at
            else transfers.settled_at
        end as settled_at
    from transfers
    full outer join returns on transfers.transfer_id = returns.transfer_id
)

select * from ledger_transfers
