with metric_days as (
    select
        *,
        numerator >= 0 and numerator <= denominator as is_part
    from {{ ref('int_metric_days') }}
),

weeks as (
    select numbers.week_number from (values (1), (2), (3), (4)) as numbers (week_number)
),

reference_days as (
    select
        metric_days.metric,
        cast(
            metric_days.metric_date + weeks.week_number * interval '7' day as date
        ) as metric_date,
        metric_days.value,
        metric_days.numerator,
        metric_days.denominator,
        metric_days.is_part
    from metric_days
    cross join weeks
),

reference_values as (
    select
        metric,
        metric_date,
        count(value) as reference_count,
        min(value) as least_value,
        max(value) as most_value,
        {{ median('value') }} as expected_value,
        {{ median('numerator / nullif(denominator, 0)') | indent(8) }} as reference_share,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        min(denominator) as least_denominator,
        min(case when is_part then 1 else 0 end) = 1 as is_part
    from reference_days
    group by metric, metric_date
),

compared_days as (
    select
        metric_days.*,
        reference_values.reference_count,
        reference_values.least_value,
        reference_values.most_value,
        reference_values.expected_value,
        reference_values.numerator as reference_numerator,
        reference_values.denominator as reference_denominator,
        least(reference_values.least_denominator, metric_days.denominator) as least_denominator,
        reference_values.is_part and metric_days.is_part as are_parts,
        (metric_days.numerator + reference_values.numerator)
        / nullif(metric_days.denominator + reference_values.denominator, 0) as pooled_share,
        reference_values.reference_share
    from metric_days
    inner join reference_values
        on
            metric_days.metric = reference_values.metric
            and metric_days.metric_date = reference_values.metric_date
    where reference_values.reference_count >= 3
),

{# What a level deviates by is a logarithm; less than a twentieth counts as a twentieth. #}
deviations as (
    select
        *,
        case
            when comparison = 'share' then numerator / nullif(denominator, 0) - reference_share
            when expected_value > 0 then ln(greatest(value / expected_value, 0.05))
        end as deviation
    from compared_days
),

{#
    The standard deviation of a metric, from its quieter days: a quarter of the absolute values of a
    normal distribution lie below 0.3186 standard deviations. An anomaly may last for most of the
    days. Source: the scale estimates by order statistics of Huber and Ronchetti (2009), Robust
    Statistics, 2nd edition, chapter 5.
#}
usual_deviations as (
    select
        metric,
        {{ percentile('abs(deviation)', 0.25) }} / 0.3186393639643752 as usual_deviation
    from deviations
    group by metric
    having count(deviation) >= {{ var('anomaly_least_days') }}
),

{# How many standard deviations a day is off, by what the metric itself usually deviates. #}
scored_days as (
    select
        deviations.*,
        deviations.comparison = 'total'
        or deviations.least_denominator >= {{ var('volume_least_count') }} as has_many_rows,
        coalesce(
            abs(deviations.deviation)
            > {{ var('anomaly_z_score') }} * usual_deviations.usual_deviation,
            false
        ) as is_unusual
    from deviations
    inner join usual_deviations on deviations.metric = usual_deviations.metric
),

{#
    By how many standard errors two proportions differ: (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)),
    p being that of both together, and p2 the median of the weeks, so that an anomaly in one of them
    is not told again of another date. Source: Fleiss, Levin and Paik (2003), Statistical Methods
    for Rates and Proportions, 3rd edition, chapter 3. Without the correction for continuity,
    because groups of fewer than share_least_count are not compared.
#}
share_checks as (
    select
        'metric_shifted' as finding,
        metric,
        metric_date,
        value as observed_value,
        reference_share as compared_value,
        is_unusual
        and are_parts
        and least_denominator * least(pooled_share, 1 - pooled_share)
        >= {{ var('share_least_count') }}
        and abs(deviation) > {{ var('anomaly_z_score') }} * sqrt(
            pooled_share * (1 - pooled_share) * (1 / denominator + 1 / reference_denominator)
        ) as is_breached
    from scored_days
    where comparison = 'share' and least_denominator > 0
),

judged_days as (
    select
        *,
        is_unusual and has_many_rows and {{ is_low('value', 'least_value') | indent(8) }}
            as is_lower,
        is_unusual and has_many_rows and {{ is_high('value', 'most_value') | indent(8) }}
            as is_high,
        sum(case when value > 0 then 1 else 0 end) over (
            partition by metric order by metric_date
            rows between unbounded preceding and current row
        ) as run_number
    from scored_days
    where comparison <> 'share' and value is not null
),

{# What ended stays low until it begins again, as in int_ingestion_checks. #}
level_days as (
    select
        *,
        is_lower or (
            value = 0
            and max(case when is_lower then 1 else 0 end) over (
                partition by metric, run_number order by metric_date
                rows between unbounded preceding and current row
            ) = 1
        ) as is_low
    from judged_days
),

level_checks as (
    {%- for finding, condition in [('metric_low', 'is_low'), ('metric_high', 'is_high')] %}
    select
        '{{ finding }}' as finding,
        metric,
        metric_date,
        value as observed_value,
        expected_value as compared_value,
        {{ condition }} as is_breached
    from level_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

metric_checks as (
    select * from share_checks
    union all
    select * from level_checks
)

select * from metric_checks
