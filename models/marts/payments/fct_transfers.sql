{{ config(enabled=has_records_of('bank')) }}

{%- set returned = ['returned', 'reversed', 'refunded', 'charged_back'] -%}
with transfer_events as (
    select * from {{ ref('int_transfer_events') }}
),

ledger_transfers as (
    select * from {{ ref('int_ledger_transfers') }}
),

user_states as (
    select * from {{ ref('dim_user_states') }}
),

{# Where events and the ledger differ, the ledger is right. #}
joined_transfers as (
    select
        coalesce(ledger_transfers.transfer_id, transfer_events.transfer_id) as transfer_id,
        coalesce(ledger_transfers.user_id, transfer_events.user_id) as user_id,
        transfer_events.platform,
        transfer_events.app_version,
        transfer_events.channel,
        transfer_events.auth_method,
        coalesce(ledger_transfers.bank_code, transfer_events.bank_code) as bank_code,
        case
            when ledger_transfers.ledger_status = 'failed' then 'failed'
            when ledger_transfers.ledger_status in ('settled', 'reversed') then 'completed'
            {# Money that came back must have been settled before, whichever record says so. #}
            when ledger_transfers.transfer_id is not null then 'completed'
            else transfer_events.event_status
        end as transfer_status,
        coalesce(ledger_transfers.error_code, transfer_events.error_code) as error_code,
        ledger_transfers.ledger_status is not null as is_in_ledger,
        coalesce(ledger_transfers.amount_krw, transfer_events.amount_krw, 0) as moved_krw,
        {%- for name in returned %}
        coalesce(ledger_transfers.{{ name }}_krw, 0) as {{ name }}_krw,
        {%- endfor %}
        coalesce(ledger_transfers.fee_krw, transfer_events.fee_krw) as fee_krw,
        coalesce(
            transfer_events.started_at,
            transfer_events.confirmed_at,
            ledger_transfers.created_at,
            transfer_events.completed_at,
            transfer_events.failed_at
        ) as requested_at,
        transfer_events.started_at,
        transfer_events.confirmed_at,
        coalesce(ledger_transfers.settled_at, transfer_events.completed_at) as completed_at,
        transfer_events.failed_at
    from transfer_events
    full outer join ledger_transfers
        on transfer_events.transfer_id = ledger_transfers.transfer_id
),

transfers as (
    select
        joined_transfers.transfer_id,
        joined_transfers.user_id,
        user_states.segment as user_segment,
        joined_transfers.platform,
        joined_transfers.app_version,
        joined_transfers.channel,
        joined_transfers.auth_method,
        joined_transfers.bank_code,
        joined_transfers.transfer_status,
        case
            when joined_transfers.transfer_status = 'failed' then joined_transfers.error_code
        end as failure_reason,
        joined_transfers.is_in_ledger,
        joined_transfers.moved_krw - joined_transfers.returned_krw as amount_krw,
        joined_transfers.moved_krw as gross_amount_krw,
        {%- for name in returned %}
        joined_transfers.{{ name }}_krw,
        {%- endfor %}
        case
            when joined_transfers.transfer_status = 'completed'
                then coalesce(joined_transfers.fee_krw, 0)
            else 0
        end as fee_krw,
        {{ business_date('joined_transfers.requested_at') }} as transfer_date,
        joined_transfers.requested_at,
        joined_transfers.started_at,
        joined_transfers.confirmed_at,
        case
            when joined_transfers.transfer_status = 'completed' then joined_transfers.completed_at
        end as completed_at,
        case
            when joined_transfers.transfer_status = 'failed' then joined_transfers.failed_at
        end as failed_at
    from joined_transfers
    left join user_states
        on
            joined_transfers.user_id = user_states.user_id
            and {{ is_valid_at(
                'joined_transfers.requested_at', 'user_states.valid_from', 'user_states.valid_to'
            ) | indent(12) }}
)

select * from transfers
