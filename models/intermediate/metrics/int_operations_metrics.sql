{%- set dimensions = ['source', 'event_name', 'platform'] -%}
with ingestion_health as (
    select * from {{ ref('ingestion_health_daily') }}
    where received_count > 0
),

dimensioned_events as (
    select
        business_date,
        source,
        coalesce(event_name, 'unknown') as event_name,
        coalesce(platform, 'unknown') as platform,
        received_count,
        rejected_count,
        late_count
    from ingestion_health
),

received_counts as (
    {%- call counted_by('dimensioned_events', 'business_date', dimensions) %}
        sum(received_count) as received_count,
        sum(rejected_count) as rejected_count,
        sum(late_count) as late_count
    {%- endcall %}
),

operations_metrics as (
    {{ metric_rows('received_counts', {
        'received_events': {'numerator': 'received_count'},
        'rejected_events': {'numerator': 'rejected_count'},
        'rejected_share': {'numerator': 'rejected_count', 'denominator': 'received_count'},
        'late_events': {'numerator': 'late_count'},
        'late_share': {'numerator': 'late_count', 'denominator': 'received_count'},
    }) | indent }}
)

select * from operations_metrics
