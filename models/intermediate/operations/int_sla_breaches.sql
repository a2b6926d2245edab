{{ config(enabled=has_records_of('operations')) }}

with pipeline_tasks as (
    select * from {{ ref('pipeline_tasks') }}
),

sla_dates as (
    select * from {{ ref('int_sla_dates') }}
),

task_runs as (
    select * from {{ ref('int_task_runs') }}
),

task_failures as (
    select * from {{ ref('int_task_failures') }}
),

breaches as (
    select
        sla_dates.*,
        pipeline_tasks.ancestors
    from sla_dates
    left join pipeline_tasks on sla_dates.task = pipeline_tasks.task
    where sla_dates.sla_status not in ('not_due', 'on_time')
),

first_starts as (
    select
        run_date,
        min(started_at) as started_at
    from task_runs
    group by run_date
),

possible_causes as (
    {# Nothing at all had run. #}
    select
        breaches.policy_id,
        breaches.due_date,
        1 as cause_rank,
        breaches.grace_until_at as cause_at,
        'schedule' as root_kind,
        'pipeline' as root_name,
        'task' as root_subject_kind,
        'pipeline' as root_subject,
        'data_platform' as root_owner
    from breaches
    left join first_starts
        on
            breaches.due_date = first_starts.run_date
            and breaches.grace_until_at >= first_starts.started_at
    where first_starts.run_date is null
    union all
    {# The task, or one above it, had failed and had not succeeded since. #}
    select
        breaches.policy_id,
        breaches.due_date,
        2 as cause_rank,
        task_failures.ended_at as cause_at,
        task_failures.root_kind,
        task_failures.root_name,
        task_failures.root_subject_kind,
        task_failures.root_subject,
        task_failures.root_owner
    from breaches
    inner join task_failures
        on
            breaches.due_date = task_failures.run_date
            and breaches.grace_until_at >= task_failures.ended_at
            and {{ is_task_or_ancestor('breaches', 'task_failures.task') }}
    left join task_runs
        on
            task_failures.run_date = task_runs.run_date
            and task_failures.task = task_runs.task
            and breaches.grace_until_at >= task_runs.succeeded_at
    where task_runs.task is null
    union all
    {# It waited for what an earlier policy was due for, or is that policy itself. #}
    select
        breaches.policy_id,
        breaches.due_date,
        3 as cause_rank,
        earlier_breaches.grace_until_at as cause_at,
        'sla' as root_kind,
        earlier_breaches.policy_id as root_name,
        earlier_breaches.subject_kind as root_subject_kind,
        earlier_breaches.subject as root_subject,
        earlier_breaches.owner as root_owner
    from breaches
    inner join breaches as earlier_breaches
        on
            breaches.due_date = earlier_breaches.due_date
            and breaches.grace_until_at >= earlier_breaches.grace_until_at
            and {{ is_task_or_ancestor('breaches', 'earlier_breaches.task') }}
    where
        earlier_breaches.completed_at is null
        or earlier_breaches.completed_at > breaches.grace_until_at
),

ranked_causes as (
    select
        *,
        row_number() over (
            partition by policy_id, due_date
            order by cause_rank, cause_at, root_name, root_subject
        ) as cause_number
    from possible_causes
),

sla_breaches as (
    select
        breaches.policy_id,
        breaches.due_date,
        breaches.subject_kind,
        breaches.subject,
        breaches.task,
        breaches.severity,
        breaches.sla_status,
        breaches.fallback_data_date,
        ranked_causes.root_kind,
        ranked_causes.root_name,
        ranked_causes.root_subject_kind,
        ranked_causes.root_subject,
        ranked_causes.root_owner,
        breaches.grace_until_at
    from breaches
    inner join ranked_causes
        on
            breaches.policy_id = ranked_causes.policy_id
            and breaches.due_date = ranked_causes.due_date
    where ranked_causes.cause_number = 1
)

select * from sla_breaches
