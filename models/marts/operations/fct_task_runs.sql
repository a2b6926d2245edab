{{ config(enabled=has_records_of('operations')) }}

with task_runs as (
    select * from {{ ref('int_task_runs') }}
)

select * from task_runs
