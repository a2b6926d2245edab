with versions as (
    select * from {{ ref('int_metric_versions') }}
    where is_restatement
),

restatements as (
    select
        metric,
        metric_date,
        dimension,
        dimension_value,
        row_number() over (
            partition by metric, metric_date, dimension, dimension_value order by version_number
        ) as restatement_number,
        old_value,
        value as new_value,
        old_numerator,
        numerator as new_numerator,
        old_denominator,
        denominator as new_denominator,
        was_complete as was_final,
        reasons,
        run_number,
        recorded_at as restated_at
    from versions
)

select * from restatements
