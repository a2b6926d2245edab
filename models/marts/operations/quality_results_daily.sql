{{ config(enabled=has_records_of('operations')) }}

with check_results as (
    select * from {{ ref('int_check_results') }}
),

{# A check that a retry ran again, or that looked at several files, counts with its last result. #}
numbered_results as (
    select
        *,
        row_number() over (
            partition by run_date, stage, platform, check_name, subject_kind, subject
            order by checked_at desc, run_id desc, task desc
        ) as reverse_number
    from check_results
),

quality_results_daily as (
    select
        run_date,
        stage,
        platform,
        count(*) as check_count,
        count(*) filter (where check_status = 'passed') as passed_count,
        count(*) filter (where check_status = 'warned') as warned_count,
        count(*) filter (where check_status = 'failed') as failed_count,
        count(*) filter (where check_status = 'error') as error_count,
        count(*) filter (where check_status = 'skipped') as skipped_count,
        max(checked_at) as last_checked_at
    from numbered_results
    where reverse_number = 1
    group by 1, 2, 3
)

select * from quality_results_daily
