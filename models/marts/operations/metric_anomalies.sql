with checks as (
    select * from {{ ref('int_metric_checks') }}
),

{# Days in a row are one anomaly, as in ingestion_findings. #}
numbered_checks as (
    select
        *,
        row_number() over (partition by finding, metric order by metric_date)
        - row_number() over (
            partition by finding, metric, is_breached order by metric_date
        ) as island_number,
        max(metric_date) over (partition by finding, metric) as last_checked_date
    from checks
),

anomalies as (
    select
        finding,
        metric,
        min(metric_date) as started_date,
        max(metric_date) as ended_date,
        max(metric_date) = max(last_checked_date) as is_ongoing,
        count(*) as day_count,
        min(observed_value) as least_value,
        max_by(observed_value, metric_date) as observed_value,
        {{ median('compared_value') }} as compared_value
    from numbered_checks
    where is_breached
    group by finding, metric, island_number
),

metric_anomalies as (
    select
        {{ dbt.hash(group_key(['finding', 'metric', 'cast(started_date as varchar)'])) }}
            as finding_id,
        finding,
        case
            when finding = 'metric_low' and least_value = 0 then 'critical'
            else 'warning'
        end as severity,
        metric,
        day_count,
        observed_value,
        compared_value,
        is_ongoing,
        started_date,
        ended_date
    from anomalies
)

select * from metric_anomalies
