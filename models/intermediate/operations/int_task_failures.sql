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

{# A task of several parts, such as land_check/app, failed because of its first failed part. #}
failed_parts as (
    select
        failed_attempts.run_id,
        failed_attempts.task,
        failed_attempts.attempt_number,
        min(parts.task) as part
    from failed_attempts
    inner join failed_attempts as parts
        on
            failed_attempts.run_id = parts.run_id
            and failed_attempts.attempt_number = parts.attempt_number
            and starts_with(parts.task, failed_attempts.task || '/')
    group by failed_attempts.run_id, failed_attempts.task, failed_attempts.attempt_number
),

roots as (
    select
        failed_attempts.*,
        coalesce(failed_parts.part, failed_attempts.task) as root_task
    from failed_attempts
    left join failed_parts
        on
            failed_attempts.run_id = failed_parts.run_id
            and failed_attempts.task = failed_parts.task
            and failed_attempts.attempt_number = failed_parts.attempt_number
),

task_failures as (
    select
        roots.run_id,
        roots.run_date,
        roots.task,
        roots.attempt_number,
        roots.failure,
        {{ severity_of_rank('coalesce(policies.severity_rank, 1)') }} as severity,
        case when failed_checks.root_name is null then 'task' else 'check' end as root_kind,
        coalesce(failed_checks.root_name, roots.root_task) as root_name,
        coalesce(failed_checks.root_subject_kind, 'task') as root_subject_kind,
        coalesce(failed_checks.root_subject, roots.root_task) as root_subject,
        coalesce(failed_checks.root_owner, pipeline_tasks.owner, 'data_platform') as root_owner,
        roots.ended_at
    from roots
    left join failed_checks
        on
            roots.run_id = failed_checks.run_id
            and roots.task = failed_checks.task
            and roots.attempt_number = failed_checks.attempt_number
            and failed_checks.cause_number = 1
    left join pipeline_tasks on roots.root_task = pipeline_tasks.task
    left join policies on roots.task = policies.task
)

select * from task_failures
