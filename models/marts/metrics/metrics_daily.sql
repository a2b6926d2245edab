{%- set areas = ['growth', 'engagement', 'operations', 'handwritten'] -%}
{%- if has_records_of('bank') %}{% do areas.append('payments') %}{% endif -%}
{%- if has_records_of('crm') %}{% do areas.append('crm') %}{% endif -%}
with business_dates as (
    select * from {{ ref('int_business_dates') }}
),

{%- for area in areas %}

{{ area }}_metrics as (
    select * from {{ ref('int_' ~ area ~ '_metrics') }}
),
{%- endfor %}

all_metrics as (
    {%- for area in areas %}
    select * from {{ area }}_metrics
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

definitions as (
    {{ defined_metrics() | indent }}
),

last_date as (
    select max(business_date) as last_business_date
    from business_dates
),

{#
    Events that are yet to be received occurred at most a horizon ago, so a date is complete once
    everything that it counts is older. Metrics dated by receipt are complete at once.
#}
completed_metrics as (
    select
        all_metrics.*,
        definitions.unit,
        definitions.additive_over,
        {{ dbt.dateadd('day', 'all_metrics.window_days + definitions.late_days + 1',
            'all_metrics.metric_date') }} as complete_from_date,
        last_date.last_business_date
    from all_metrics
    left join definitions on all_metrics.metric = definitions.metric
    cross join last_date
),

metrics_daily as (
    select
        metric,
        metric_date,
        dimension,
        dimension_value,
        case when denominator is null then numerator else numerator / nullif(denominator, 0) end
            as value,
        numerator,
        denominator,
        unit,
        additive_over,
        has_whole_window,
        coalesce(has_whole_window and complete_from_date <= last_business_date, false)
            as is_complete,
        cast(complete_from_date as date) as complete_from_date
    from completed_metrics
)

select * from metrics_daily
