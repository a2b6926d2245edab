{{ config(enabled=has_records_of('bank')) }}

with user_states as (
    select * from {{ ref('dim_user_states') }}
    where is_current
),

judged_events as (
    select * from {{ ref('int_judged_events') }}
    where source = 'app' and outcome = 'valid' and user_id is not null
),

ledger_transfers as (
    select * from {{ ref('int_ledger_transfers') }}
),
{%- if has_records_of('crm') %}

send_attempts as (
    select * from {{ ref('int_send_attempts') }}
),
{%- endif %}

{# Users that the bank has not reported yet are included, so that every fact has its user. #}
users as (
    select user_id from user_states
    union distinct
    select user_id from judged_events
    union distinct
    select user_id from ledger_transfers
    {%- if has_records_of('crm') %}
    union distinct
    select user_id from send_attempts
    {%- endif %}
),

described_users as (
    select
        users.user_id,
        user_states.user_id is not null as is_known_to_bank,
        user_states.region,
        user_states.segment,
        user_states.user_status,
        user_states.has_marketing_consent,
        user_states.state_number as state_count,
        {{ business_date('user_states.created_at') }} as joined_date,
        user_states.created_at,
        user_states.valid_from
    from users
    left join user_states on users.user_id = user_states.user_id
)

select * from described_users
