{{ config(enabled=has_records_of('operations')) }}

with sla_dates as (
    select * from {{ ref('int_sla_dates') }}
),

sla_ledger as (
    select
        policy_id,
        due_date,
        subject_kind,
        subject,
        task,
        policy_kind,
        owner,
        severity,
        sla_status,
        case when sla_status = 'not_due' then coalesce(not_due_reason, 'not_yet') end
            as not_due_reason,
        sla_status <> 'not_due' as is_counted,
        sla_status = 'on_time' as is_on_time,
        target_share,
        attempt_count,
        failed_attempt_count,
        case
            when sla_status = 'late'
                then cast({{ elapsed('minute', 'due_at', 'completed_at') }} as bigint)
        end as minutes_late,
        data_date,
        fallback_data_date,
        due_at,
        grace_until_at,
        started_at,
        completed_at,
        fell_back_at
    from sla_dates
)

select * from sla_ledger
