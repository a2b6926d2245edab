{{ config(enabled=has_records_of('operations')) }}

with check_results as (
    select * from {{ ref('int_check_results') }}
    where is_passed
),

attempts as (
    select * from {{ ref('int_task_attempts') }}
),

sla_dates as (
    select * from {{ ref('int_sla_dates') }}
    where completed_at is not null
),

recoveries as (
    select
        'check' as root_kind,
        check_name as root_name,
        subject as root_subject,
        checked_at as recovered_at
    from check_results
    union all
    select
        'task' as root_kind,
        task as root_name,
        task as root_subject,
        ended_at as recovered_at
    from attempts
    where task_state = 'succeeded'
    union all
    select
        'sla' as root_kind,
        policy_id as root_name,
        subject as root_subject,
        completed_at as recovered_at
    from sla_dates
    union all
    select
        'schedule' as root_kind,
        'pipeline' as root_name,
        'pipeline' as root_subject,
        min(started_at) as recovered_at
    from attempts
    group by run_id
)

select * from recoveries
