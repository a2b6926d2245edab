{{ config(enabled=has_records_of('operations')) }}

with ledger as (
    select * from {{ ref('sla_ledger') }}
    where is_counted
),

weeks as (
    select
        policy_id,
        cast({{ dbt.date_trunc('week', 'due_date') }} as date) as week_start_date,
        subject_kind,
        subject,
        policy_kind,
        owner,
        count(*) as due_count,
        count(*) filter (where sla_status = 'on_time') as on_time_count,
        count(*) filter (where sla_status = 'late') as late_count,
        count(*) filter (where sla_status = 'failed_then_fallback') as fallback_count,
        count(*) filter (where sla_status = 'failed') as failed_count,
        count(*) filter (where sla_status = 'missing') as missing_count,
        max(minutes_late) as most_minutes_late,
        min(target_share) as target_share
    from ledger
    group by 1, 2, 3, 4, 5, 6
),

sla_weekly as (
    select
        *,
        on_time_count / cast(due_count as double) as on_time_share,
        on_time_count >= target_share * due_count as is_target_met
    from weeks
)

select * from sla_weekly
