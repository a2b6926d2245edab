{{ config(enabled=has_records_of('bank')) }}
{%- set transfer_dimensions = ['platform', 'bank_code', 'user_segment'] -%}
{%- set application_dimensions = ['platform', 'card_product', 'user_segment'] -%}

with transfers as (
    select * from {{ ref('fct_transfers') }}
),

card_applications as (
    select * from {{ ref('fct_card_applications') }}
),

reconciled_transfers as (
    select * from {{ ref('transfer_reconciliation') }}
),

dimensioned_transfers as (
    select
        transfer_date,
        coalesce(platform, 'unknown') as platform,
        coalesce(bank_code, 'unknown') as bank_code,
        coalesce(user_segment, 'unknown') as user_segment,
        user_id,
        transfer_status,
        amount_krw,
        fee_krw
    from transfers
),

transfer_counts as (
    {%- call counted_by('dimensioned_transfers', 'transfer_date', transfer_dimensions) %}
        count(*) as transfer_count,
        count(*) filter (where transfer_status = 'completed') as completed_count,
        count(*) filter (where transfer_status = 'failed') as failed_count,
        count(*) filter (where transfer_status in ('completed', 'failed')) as ended_count,
        count(distinct user_id) as sender_count,
        {{ wide_sum("case when transfer_status = 'completed' then amount_krw else 0 end") }}
            as amount_krw,
        {{ wide_sum('fee_krw') }} as fee_krw
    {%- endcall %}
),

dimensioned_applications as (
    select
        application_date,
        coalesce(platform, 'unknown') as platform,
        coalesce(card_product, 'unknown') as card_product,
        coalesce(user_segment, 'unknown') as user_segment,
        application_status
    from card_applications
),

application_counts as (
    {%- call counted_by('dimensioned_applications', 'application_date', application_dimensions) %}
        count(*) as application_count,
        count(*) filter (where application_status = 'approved') as approved_count,
        count(*) filter (where application_status in ('approved', 'declined')) as decided_count
    {%- endcall %}
),

reconciliation_counts as (
    select
        ended_date as metric_date,
        'all' as dimension,
        'all' as dimension_value,
        count(*) as ended_count,
        count(*) filter (where reconciliation_status = 'matched') as matched_count
    from reconciled_transfers
    group by 1, 2, 3
),

{# A transfer ends within a day, a card application is decided within five. #}
payments_metrics as (
    {{ metric_rows('transfer_counts', {
        'transfers': {'numerator': 'transfer_count', 'window_days': 1},
        'completed_transfers': {'numerator': 'completed_count', 'window_days': 1},
        'failed_transfers': {'numerator': 'failed_count', 'window_days': 1},
        'transfer_success_rate': {
            'numerator': 'completed_count',
            'denominator': 'ended_count',
            'window_days': 1,
        },
        'transfer_senders': {'numerator': 'sender_count', 'window_days': 1},
        'transfer_amount_krw': {'numerator': 'amount_krw', 'window_days': 1},
        'transfer_fees_krw': {'numerator': 'fee_krw', 'window_days': 1},
        'average_transfer_krw': {
            'numerator': 'amount_krw',
            'denominator': 'completed_count',
            'window_days': 1,
        },
    }) | indent }}
    union all
    {{ metric_rows('application_counts', {
        'card_applications': {'numerator': 'application_count', 'window_days': 5},
        'approved_card_applications': {'numerator': 'approved_count', 'window_days': 5},
        'card_approval_rate': {
            'numerator': 'approved_count',
            'denominator': 'decided_count',
            'window_days': 5,
        },
    }) | indent }}
    union all
    {{ metric_rows('reconciliation_counts', {
        'matched_transfer_share': {
            'numerator': 'matched_count',
            'denominator': 'ended_count',
            'window_days': 1,
        },
    }) | indent }}
)

select * from payments_metrics
