{#
    Fails on a metric whose total over all dates is not the count of what it is made of.
#}
{%- set counted = {
    'sessions': "select count(*) from " ~ ref('fct_sessions'),
    'events': "select count(*) from " ~ ref('fct_events') ~ " where not is_bot",
    'new_users': "select count(distinct user_id) from " ~ ref('fct_user_days'),
    'daily_active_users':
        "select count(distinct (user_id, activity_date)) from " ~ ref('fct_user_days'),
    'received_events': "select sum(received_count) from " ~ ref('ingestion_health_daily'),
    'rejected_events': "select count(*) from " ~ ref('fct_rejected_events'),
} %}
{%- if has_records_of('bank') %}
{%- do counted.update({
    'transfers': "select count(*) from " ~ ref('fct_transfers'),
    'transfer_amount_krw': "select sum(completed_amount_krw) from " ~ ref('payments_daily'),
    'gross_transfer_amount_krw': "select sum(gross_amount_krw) from " ~ ref('payments_daily'),
    'returned_transfer_amount_krw': "select sum(returned_krw) from " ~ ref('payments_daily'),
    'card_applications': "select count(*) from " ~ ref('fct_card_applications'),
}) %}
{%- endif %}
{%- if has_records_of('crm') %}
{%- do counted.update({
    'messages_sent': "select sum(sent_count) from " ~ ref('campaign_performance'),
    'messages_delivered': "select sum(delivered_count) from " ~ ref('campaign_performance'),
    'frequency_cap_breaches': "select count(*) from " ~ ref('frequency_cap_breaches'),
}) %}
{%- endif %}
with metrics_daily as (
    select * from {{ ref('metrics_daily') }}
    where dimension = 'all'
),

counted as (
    {%- for metric, query in counted.items() %}
    select
        '{{ metric }}' as metric,
        cast(coalesce(({{ query }}), 0) as double) as total
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

summed as (
    select
        metric,
        sum(numerator) as total
    from metrics_daily
    group by metric
)

select
    counted.metric,
    counted.total,
    summed.total as metric_total
from counted
left join summed on counted.metric = summed.metric
{# The order of addition changes the last digits of doubles: twelve digits are compared. #}
where abs(counted.total - coalesce(summed.total, 0)) > abs(counted.total) * 1e-12
