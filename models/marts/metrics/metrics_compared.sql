{%- set comparisons = {
    'same_weekday_before': ('day', -7),
    'month_before': ('month', -1),
    'year_before': ('year', -1),
} -%}
with metrics_daily as (
    select * from {{ ref('metrics_daily') }}
    where dimension = 'all'
),

definitions as (
    {{ defined_metrics() | indent }}
),

metrics_compared as (
    select
        metrics_daily.metric,
        metrics_daily.metric_date,
        metrics_daily.value,
        {%- for name in comparisons %}
        {{ name }}.value as value_{{ name }},
        {%- endfor %}
        {%- for name in comparisons %}
        {{ name }}.date_state as {{ name }}_state,
        {%- endfor %}
        metrics_daily.date_state,
        metrics_daily.arrived_share,
        metrics_daily.unit,
        metrics_daily.numerator,
        definitions.numerator_name,
        metrics_daily.denominator,
        definitions.denominator_name,
        metrics_daily.value_additive_over,
        metrics_daily.parts_additive_over
    from metrics_daily
    left join definitions on metrics_daily.metric = definitions.metric
    {%- for name, (part, count) in comparisons.items() %}
    left join metrics_daily as {{ name }}
        on
            metrics_daily.metric = {{ name }}.metric
            and cast({{ dbt.dateadd(part, count, 'metrics_daily.metric_date') }} as date)
            = {{ name }}.metric_date
    {%- endfor %}
)

select * from metrics_compared
