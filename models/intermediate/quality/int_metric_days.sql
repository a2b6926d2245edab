with metrics_daily as (
    select * from {{ ref('metrics_daily') }}
    where dimension = 'all'
),

definitions as (
    {{ defined_metrics() | indent }}
),

compared_spans as (
    select * from {{ ref('int_compared_spans') }}
),

left_out_days as (
    select distinct
        source,
        business_date
    from {{ ref('int_left_out_days') }}
),

{#
    A window of w days is judged once the date w days later is. What measures and does not count (an
    amount or a time: their sums, medians and shares) is left out, because it does not say of how
    many rows it is. Its means are watched, whose denominators count, and so are the counts.
#}
metric_spans as (
    select
        metrics_daily.metric,
        definitions.unit,
        coalesce(definitions.records, 'events') as counted,
        case
            when definitions.denominator_name is null then 'total'
            when definitions.unit = 'share' then 'share'
            else 'mean'
        end as comparison,
        definitions.looks_back_days,
        max({{ dbt.datediff('metrics_daily.metric_date', 'metrics_daily.final_from_date', 'day') }})
        - definitions.late_days - 1 as window_days
    from metrics_daily
    inner join definitions on metrics_daily.metric = definitions.metric
    where
        not case
            when definitions.denominator_name is null then {{ measures('definitions.unit') }}
            when definitions.unit = 'share' then {{ measures('definitions.denominator_unit') }}
            else false
        end
    group by
        metrics_daily.metric,
        definitions.unit,
        definitions.denominator_name,
        definitions.records,
        definitions.looks_back_days,
        definitions.late_days
),

spanned_metrics as (
    select
        metric_spans.metric,
        metric_spans.counted,
        metric_spans.comparison,
        {{ dbt.dateadd('day', 'metric_spans.looks_back_days', 'compared_spans.first_date') }}
            as first_date,
        {{ dbt.dateadd('day', '-metric_spans.window_days', 'compared_spans.last_date') }}
            as last_date
    from metric_spans
    inner join compared_spans on metric_spans.counted = compared_spans.counted
),

spanned_days as (
    select
        spanned_metrics.*,
        dates.business_date
    from spanned_metrics
    cross join unnest({{ dates_between('first_date', 'last_date') }}) as dates (business_date)
),

{# An outage of records does not touch the metrics of others. #}
left_out_metrics as (
    select distinct
        spanned_days.metric,
        spanned_days.business_date
    from spanned_days
    inner join left_out_days
        on
            spanned_days.business_date = left_out_days.business_date
            and (
                left_out_days.source is null
                or left_out_days.source = spanned_days.counted
                {%- for source_name in var('sources') %}
                or left_out_days.source = '{{ source_name }}'
                {%- endfor %}
            )
),

{# A date without a row is one without anything that counts. #}
metric_days as (
    select
        spanned_days.metric,
        spanned_days.comparison,
        spanned_days.business_date as metric_date,
        case
            when metrics_daily.metric is not null then metrics_daily.value
            when spanned_days.comparison = 'total' then 0.0
        end as value,
        coalesce(metrics_daily.numerator, 0.0) as numerator,
        coalesce(metrics_daily.denominator, 0.0) as denominator
    from spanned_days
    left join metrics_daily
        on
            spanned_days.metric = metrics_daily.metric
            and spanned_days.business_date = metrics_daily.metric_date
    left join left_out_metrics
        on
            spanned_days.metric = left_out_metrics.metric
            and spanned_days.business_date = left_out_metrics.business_date
    where
        left_out_metrics.metric is null
        and coalesce(metrics_daily.date_state, 'settling') <> 'open'
)

select * from metric_days
