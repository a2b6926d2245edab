{%- set areas = ['growth', 'engagement', 'operations', 'handwritten'] -%}
{%- if has_records_of('bank') %}{% do areas.append('payments') %}{% endif -%}
{%- if has_records_of('crm') %}{% do areas.append('crm') %}{% endif -%}
{%- if has_records_of('operations') %}{% do areas.append('pipeline') %}{% endif -%}
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

open_dates as (
    select * from {{ ref('int_open_dates') }}
),

arrival_shares as (
    select * from {{ ref('int_arrival_shares') }}
),

quarantined_dates as (
    {%- if has_records_of('operations') %}
    select * from {{ ref('int_quarantined_dates') }}
    {%- else %}
    select
        cast(null as varchar) as counted,
        cast(null as date) as business_date
    where false
    {%- endif %}
),

last_date as (
    select max(business_date) as last_business_date
    from business_dates
),

{#
    Events that are yet to be received occurred at most a horizon ago, so a date is final once
    everything that it counts is older. Metrics dated by receipt are final at once. The age is the
    number of days that have landed since the date or, where the metric has a window, since the
    window. Metrics of records count events too: what the app knows of a record, and what follows it
    within the window. Those of operations do not.
#}
aged_metrics as (
    select
        all_metrics.*,
        definitions.unit,
        definitions.records,
        definitions.value_additive_over,
        definitions.parts_additive_over,
        {{ dbt.dateadd('day', 'all_metrics.window_days + definitions.late_days + 1',
            'all_metrics.metric_date') }} as final_from_date,
        least(
            {{ dbt.datediff('all_metrics.metric_date', 'open_dates.open_from_date', 'day') }},
            {{ dbt.datediff('all_metrics.metric_date', 'event_dates.open_from_date', 'day') }}
            - all_metrics.open_days
        ) as age_days,
        case
            when definitions.records = 'operations' then open_dates.open_from_date
            else last_date.last_business_date
        end as last_business_date
    from all_metrics
    left join definitions on all_metrics.metric = definitions.metric
    left join open_dates on coalesce(definitions.records, 'events') = open_dates.counted
    left join open_dates as event_dates
        on
            event_dates.counted
            = case when definitions.records = 'operations' then 'operations' else 'events' end
    cross join last_date
),

stated_metrics as (
    select
        aged_metrics.*,
        case
            when not has_whole_window or age_days <= 0 then 'open'
            when quarantined_dates.counted is not null then 'open'
            when final_from_date <= last_business_date then 'final'
            else 'settling'
        end as date_state
    from aged_metrics
    left join quarantined_dates
        on
            coalesce(aged_metrics.records, 'events') = quarantined_dates.counted
            and aged_metrics.metric_date = quarantined_dates.business_date
),

{# Records tell no time of receipt, so there is no experience of how late they are. #}
metrics_daily as (
    select
        stated_metrics.metric,
        stated_metrics.metric_date,
        stated_metrics.dimension,
        stated_metrics.dimension_value,
        case
            when stated_metrics.denominator is null then stated_metrics.numerator
            else stated_metrics.numerator / nullif(stated_metrics.denominator, 0)
        end as value,
        stated_metrics.numerator,
        stated_metrics.denominator,
        stated_metrics.unit,
        stated_metrics.value_additive_over,
        stated_metrics.parts_additive_over,
        stated_metrics.has_whole_window,
        stated_metrics.date_state,
        case stated_metrics.date_state
            when 'final' then 1
            when 'settling' then arrival_shares.arrived_share
        end as arrived_share,
        cast(stated_metrics.final_from_date as date) as final_from_date
    from stated_metrics
    left join arrival_shares
        on
            stated_metrics.records is null
            and least(stated_metrics.age_days, {{ var('horizon_days') + 1 }})
            = arrival_shares.age_days
)

select * from metrics_daily
