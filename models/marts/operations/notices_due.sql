{{ config(enabled=has_records_of('operations')) }}

with open_incidents as (
    select * from {{ ref('incidents') }}
    where incident_state = 'open' and severity <> 'info' and not is_retrying
),

on_call as (
    select * from {{ ref('on_call') }}
),

ledger_clock as (
    select * from {{ ref('int_ledger_clock') }}
),

sent_levels as (
    select
        incident_id,
        escalation_level,
        min(occurred_at) as sent_at
    from {{ ref('stg_operations__notices') }}
    where is_valid and outcome = 'sent'
    group by incident_id, escalation_level
),

last_notices as (
    select
        incident_id,
        max(escalation_level) as escalation_level,
        max(sent_at) as sent_at
    from sent_levels
    group by incident_id
),

next_levels as (
    select
        open_incidents.*,
        coalesce(last_notices.escalation_level + 1, 0) as escalation_level,
        last_notices.sent_at as last_notice_at
    from open_incidents
    left join last_notices on open_incidents.incident_id = last_notices.incident_id
),

{# An owner whom on_call does not list is told by its name, so that somebody is told. #}
notices_due as (
    select
        next_levels.incident_id,
        next_levels.escalation_level,
        coalesce(on_call.recipient, next_levels.owner) as recipient,
        next_levels.severity,
        next_levels.owner,
        next_levels.subject_kind,
        next_levels.subject,
        case next_levels.incident_kind
            when 'check' then 'Check ' || next_levels.incident_name || ' passes'
            when 'finding' then 'No finding ' || next_levels.incident_name
            when 'task' then 'Task ' || next_levels.incident_name || ' succeeds'
            when 'sla' then 'Policy ' || next_levels.incident_name || ' is met'
            else 'The pipeline runs'
        end as expected,
        coalesce(next_levels.observed, 'It did not') as observed,
        case
            when next_levels.incident_kind = 'check' and next_levels.subject_kind = 'file'
                then 'Ask who sends it; logmart quality quarantined says whether it is set aside'
            when next_levels.incident_kind = 'check'
                then 'Look at the rows (logmart quality failures), then run the task again'
            when next_levels.incident_kind = 'finding'
                then 'See whether the data or the world has changed; ask who sends it'
            when next_levels.incident_kind = 'task' then 'Mend the cause, then run the task again'
            when next_levels.incident_kind = 'sla' then 'See why the task is not done'
            else 'See whether the orchestrator is up'
        end as next_action,
        next_levels.affected_count,
        next_levels.fallback_data_date,
        next_levels.opened_at
    from next_levels
    cross join ledger_clock
    left join on_call
        on
            next_levels.owner = on_call.owner
            and next_levels.escalation_level = on_call.escalation_level
            and {{ severity_rank('on_call.least_severity') }}
            <= {{ severity_rank('next_levels.severity') }}
    where
        next_levels.last_notice_at is null
        or ledger_clock.until_at >= {{ dbt.dateadd(
            'minute', 'on_call.after_minutes', 'next_levels.last_notice_at'
        ) }}
)

select * from notices_due
