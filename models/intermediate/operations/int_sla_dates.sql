{{ config(enabled=has_records_of('operations')) }}

with due_dates as (
    select * from {{ ref('int_sla_due_dates') }}
),

task_runs as (
    select * from {{ ref('int_task_runs') }}
),

subject_owners as (
    select * from {{ ref('int_subject_owners') }}
),

fallbacks as (
    select
        run_date,
        task,
        min(occurred_at) as fell_back_at,
        max(data_date) as fallback_data_date
    from {{ ref('stg_operations__actions') }}
    where is_valid and action = 'fallback' and outcome = 'succeeded'
    group by run_date, task
),

{# A date is judged by the runs of its own task, whatever became of the rest of the pipeline. #}
delivered_dates as (
    select
        run_date,
        task,
        min(started_at) as started_at,
        min(succeeded_at) as completed_at,
        cast(sum(attempt_count) as bigint) as attempt_count,
        cast(sum(failed_attempt_count) as bigint) as failed_attempt_count,
        max(data_date) as data_date
    from task_runs
    group by run_date, task
),

joined_dates as (
    select
        due_dates.*,
        coalesce(subject_owners.owner, 'data_platform') as owner,
        coalesce(delivered_dates.attempt_count, 0) as attempt_count,
        coalesce(delivered_dates.failed_attempt_count, 0) as failed_attempt_count,
        delivered_dates.data_date,
        fallbacks.fallback_data_date,
        delivered_dates.started_at,
        delivered_dates.completed_at,
        fallbacks.fell_back_at
    from due_dates
    left join delivered_dates
        on
            due_dates.due_date = delivered_dates.run_date
            and due_dates.task = delivered_dates.task
    left join fallbacks
        on
            due_dates.due_date = fallbacks.run_date
            and due_dates.task = fallbacks.task
    left join subject_owners
        on
            due_dates.subject_kind = subject_owners.subject_kind
            and due_dates.subject = subject_owners.subject
),

judged_dates as (
    select
        *,
        case
            when not_due_reason is not null then 'not_due'
            when completed_at <= grace_until_at then 'on_time'
            when until_at <= grace_until_at then 'not_due'
            when completed_at is not null then 'late'
            when fell_back_at is not null then 'failed_then_fallback'
            when failed_attempt_count > 0 then 'failed'
            else 'missing'
        end as sla_status
    from joined_dates
)

select * from judged_dates
