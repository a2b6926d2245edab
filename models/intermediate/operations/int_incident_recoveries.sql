{{ config(enabled=has_records_of('operations')) }}

with check_results as (
    select * from {{ ref('int_check_results') }}
),

attempts as (
    select * from {{ ref('int_task_attempts') }}
),

sla_dates as (
    select * from {{ ref('int_sla_dates') }}
),

{# A date that is filled while a later one is still open mends nothing. #}
deliveries as (
    select sla_dates.*
    from sla_dates
    left join sla_dates as later_breaches
        on
            later_breaches.sla_status not in ('not_due', 'on_time')
            and sla_dates.policy_id = later_breaches.policy_id
            and sla_dates.due_date < later_breaches.due_date
            and sla_dates.completed_at >= later_breaches.grace_until_at
            and (
                later_breaches.completed_at is null
                or sla_dates.completed_at < later_breaches.completed_at
            )
    where sla_dates.completed_at is not null and later_breaches.policy_id is null
),

failed_checks as (
    select distinct
        task,
        check_name,
        subject
    from check_results
    where not is_passed
),

checked_runs as (
    select distinct
        run_id,
        task
    from check_results
),

last_file_actions as (
    select
        landing_file,
        max(occurred_at) as acted_at,
        max(case when action = 'quarantine' then occurred_at end) as quarantined_at
    from {{ ref('int_file_actions') }}
    group by landing_file
),

recoveries as (
    select
        case when check_kind = 'finding' then 'finding' else 'check' end as root_kind,
        check_name as root_name,
        subject as root_subject,
        checked_at as recovered_at
    from check_results
    where is_passed
    union all
    {#
        What a successful run of the task does not check any more: a check that was removed, or a
        file that was loaded or came back. A file in quarantine has not recovered.
    #}
    select
        'check' as root_kind,
        failed_checks.check_name as root_name,
        failed_checks.subject as root_subject,
        greatest(attempts.ended_at, coalesce(last_file_actions.acted_at, attempts.ended_at))
            as recovered_at
    from failed_checks
    inner join checked_runs on failed_checks.task = checked_runs.task
    inner join attempts
        on
            checked_runs.run_id = attempts.run_id
            and checked_runs.task = attempts.task
            and attempts.task_state = 'succeeded'
    left join check_results
        on
            checked_runs.run_id = check_results.run_id
            and checked_runs.task = check_results.task
            and failed_checks.check_name = check_results.check_name
            and failed_checks.subject = check_results.subject
    left join last_file_actions on failed_checks.subject = last_file_actions.landing_file
    where
        check_results.run_id is null
        and (
            last_file_actions.quarantined_at is null
            or last_file_actions.quarantined_at < last_file_actions.acted_at
        )
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
    from deliveries
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
