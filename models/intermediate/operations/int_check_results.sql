{{ config(enabled=has_records_of('operations')) }}

with landed_results as (
    select * from {{ ref('stg_operations__check_results') }}
    where is_valid
),

{# A result may land twice. #}
numbered_results as (
    select
        *,
        row_number() over (
            partition by run_id, task, check_name, subject, checked_at
            order by landing_file, line_number
        ) as copy_number
    from landed_results
),

check_results as (
    select
        run_id,
        run_date,
        task,
        stage,
        platform,
        check_name,
        check_kind,
        subject_kind,
        subject,
        check_status,
        check_status = 'passed' or (check_status = 'warned' and action is null) as is_passed,
        severity,
        action,
        owner,
        failure_count,
        checked_count,
        ancestors,
        window_date,
        message,
        checked_at
    from numbered_results
    where copy_number = 1
)

select * from check_results
