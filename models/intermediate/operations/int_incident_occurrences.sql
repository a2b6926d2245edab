{{ config(enabled=has_records_of('operations')) }}

with check_failures as (
    select * from {{ ref('int_check_failures') }}
),

task_failures as (
    select * from {{ ref('int_task_failures') }}
),

sla_breaches as (
    select * from {{ ref('int_sla_breaches') }}
),

occurrences as (
    select
        case
            when check_status = 'skipped' then 'skipped'
            when check_kind = 'finding' then 'finding'
            else 'check'
        end as occurrence_kind,
        check_name as occurrence_name,
        subject_kind,
        subject,
        case when check_status = 'skipped' then 'info' else severity end as severity,
        message as observed,
        run_id,
        task,
        cast(null as date) as fallback_data_date,
        case when check_kind = 'finding' then 'finding' else 'check' end as root_kind,
        root_name,
        root_subject_kind,
        root_subject,
        root_owner,
        checked_at as occurred_at
    from check_failures
    union all
    select
        'task' as occurrence_kind,
        task as occurrence_name,
        'task' as subject_kind,
        task as subject,
        severity,
        failure as observed,
        run_id,
        task,
        cast(null as date) as fallback_data_date,
        root_kind,
        root_name,
        root_subject_kind,
        root_subject,
        root_owner,
        ended_at as occurred_at
    from task_failures
    union all
    select
        'sla' as occurrence_kind,
        policy_id as occurrence_name,
        subject_kind,
        subject,
        severity,
        sla_status as observed,
        cast(null as varchar) as run_id,
        task,
        fallback_data_date,
        root_kind,
        root_name,
        root_subject_kind,
        root_subject,
        root_owner,
        grace_until_at as occurred_at
    from sla_breaches
)

select * from occurrences
