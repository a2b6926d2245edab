{{ config(enabled=has_records_of('operations')) }}

with attempts as (
    select * from {{ ref('int_task_attempts') }}
),

numbered_attempts as (
    select
        *,
        row_number() over (
            partition by run_id, task order by attempt_number desc
        ) as reverse_number
    from attempts
),

task_runs as (
    select
        run_id,
        task,
        min(run_date) as run_date,
        min(orchestrator) as orchestrator,
        case
            when count(*) filter (where task_state = 'succeeded') > 0 then 'succeeded'
            else min(case when reverse_number = 1 then task_state end)
        end as task_state,
        count(*) filter (
            where task_state in ('succeeded', 'skipped') or (task_state = 'failed' and is_final)
        ) > 0 as has_ended,
        count(*) as attempt_count,
        count(*) filter (where task_state = 'failed') as failed_attempt_count,
        min(case when reverse_number = 1 then failure_kind end) as failure_kind,
        min(case when reverse_number = 1 then failure end) as failure,
        max(data_date) as data_date,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        min(case when task_state = 'succeeded' then ended_at end) as succeeded_at
    from numbered_attempts
    group by run_id, task
)

select * from task_runs
