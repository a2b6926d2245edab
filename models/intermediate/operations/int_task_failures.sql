{{ config(enabled=has_records_of('operations')) }}

with failed_attempts as (
    select * from {{ ref('int_task_attempts') }}
    where task_state = 'failed'
),

check_failures as (
    select * from {{ ref('int_check_failures') }}
    where check_status <> 'skipped'
),

pipeline_tasks as (
    select * from {{ ref('pipeline_tasks') }}
),

policies as (
    select
        task,
        max({{ severity_rank('severity') }}) as severity_rank
    from {{ ref('sla_policies') }}
    group by task
),

{# A task that failed with a check failed because of it, the worst one first. #}
failed_checks as (
    select
        failed_attempts.run_id,
        failed_attempts.task,
        failed_attempts.attempt_number,
        check_failures.root_name,
        check_failures.root_subject_kind,
        check_failures.root_subject,
        check_failures.root_owner,
        row_number() over (
            partition by
                failed_attempts.run_id, failed_attempts.task, failed_attempts.attempt_number
            order by
                {{ severity_rank('check_failures.severity') }} desc,
                check_failures.has_cause,
                check_failures.root_subject,
                check_failures.root_name
        ) as cause_number
    from failed_attempts
    inner join check_failures
        on
            failed_attempts.run_id = check_failures.run_id
            and failed_attempts.task = check_failures.task
            and failed_attempts.started_at <= check_failures.checked_at
            and failed_attempts.ended_at >= check_failures.checked_at
),

task_failures as (
    select
        failed_attempts.run_id,
        failed_attempts.run_date,
        failed_attempts.task,
        failed_attempts.attempt_number,
        failed_attempts.failure,
        {{ severity_of_rank('coalesce(policies.severity_rank, 1)') }} as severity,
        case when failed_checks.root_name is null then 'task' else 'check' end as root_kind,
        coalesce(failed_checks.root_name, failed_attempts.task) as root_name,
        coalesce(failed_checks.root_subject_kind, 'task') as root_subject_kind,
        coalesce(failed_checks.root_subject, failed_attempts.task) as root_subject,
        coalesce(failed_checks.root_owner, pipeline_tasks.owner, 'data_platform') as root_owner,
        failed_attempts.ended_at
    from failed_attempts
    left join failed_checks
        on
            failed_attempts.run_id = failed_checks.run_id
            and failed_attempts.task = failed_checks.task
            and failed_attempts.attempt_number = failed_checks.attempt_number
            and failed_checks.cause_number = 1
    left join pipeline_tasks on failed_attempts.task = pipeline_tasks.task
    left join policies on failed_attempts.task = policies.task
)

select * from task_failures
