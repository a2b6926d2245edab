{{ config(enabled=has_records_of('operations')) }}

with task_records as (
    select * from {{ ref('stg_operations__task_runs') }}
    where is_valid
),

{# An orchestrator may report an end twice: the first report counts. #}
numbered_ends as (
    select
        *,
        row_number() over (
            partition by run_id, task, attempt_number
            order by occurred_at, landing_file, line_number
        ) as end_number
    from task_records
    where task_state <> 'started'
),

ends as (
    select * from numbered_ends
    where end_number = 1
),

attempts as (
    select
        run_id,
        task,
        attempt_number,
        min(run_date) as run_date,
        min(orchestrator) as orchestrator,
        min(case when task_state = 'started' then occurred_at end) as started_at
    from task_records
    group by run_id, task, attempt_number
),

task_attempts as (
    select
        attempts.run_id,
        attempts.task,
        attempts.attempt_number,
        attempts.run_date,
        attempts.orchestrator,
        coalesce(ends.task_state, 'started') as task_state,
        case when ends.task_state = 'failed' then coalesce(ends.is_final, true) end as is_final,
        ends.failure_kind,
        ends.failure,
        ends.data_date,
        coalesce(attempts.started_at, ends.occurred_at) as started_at,
        ends.occurred_at as ended_at
    from attempts
    left join ends
        on
            attempts.run_id = ends.run_id
            and attempts.task = ends.task
            and attempts.attempt_number = ends.attempt_number
)

select * from task_attempts
