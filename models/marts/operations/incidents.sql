{{ config(enabled=has_records_of('operations')) }}

with occurrences as (
    select * from {{ ref('int_incident_occurrences') }}
),

recoveries as (
    select * from {{ ref('int_incident_recoveries') }}
),

task_runs as (
    select * from {{ ref('int_task_runs') }}
),

acknowledgements as (
    select
        incident_id,
        min_by(actor, occurred_at) as acknowledged_by,
        min(occurred_at) as acknowledged_at
    from {{ ref('stg_operations__actions') }}
    where is_valid and action = 'acknowledge'
    group by incident_id
),

notices as (
    select
        incident_id,
        count(distinct escalation_level) as notice_count,
        min(occurred_at) as first_notice_at
    from {{ ref('stg_operations__notices') }}
    where is_valid and outcome = 'sent'
    group by incident_id
),

numbered_recoveries as (
    select
        *,
        row_number() over (
            partition by root_kind, root_name, root_subject order by recovered_at
        ) as recovery_number
    from recoveries
),

{# Failures of one root cause without a recovery between them are one incident. #}
moments as (
    select
        root_kind,
        root_name,
        root_subject,
        occurred_at as happened_at,
        0 as is_recovery
    from occurrences
    union all
    select
        root_kind,
        root_name,
        root_subject,
        recovered_at as happened_at,
        1 as is_recovery
    from recoveries
),

counted_moments as (
    select
        *,
        sum(is_recovery) over (
            partition by root_kind, root_name, root_subject
            order by happened_at, is_recovery
            rows between unbounded preceding and current row
        ) as earlier_recoveries
    from moments
),

episodes as (
    select distinct
        root_kind,
        root_name,
        root_subject,
        happened_at,
        earlier_recoveries
    from counted_moments
    where is_recovery = 0
),

numbered_occurrences as (
    select
        occurrences.*,
        episodes.earlier_recoveries,
        occurrences.occurrence_kind = occurrences.root_kind
        and occurrences.occurrence_name = occurrences.root_name
        and occurrences.subject = occurrences.root_subject as is_of_root,
        row_number() over (
            partition by
                occurrences.root_kind,
                occurrences.root_name,
                occurrences.root_subject,
                episodes.earlier_recoveries
            order by
                occurrences.occurred_at desc,
                {{ severity_rank('occurrences.severity') }} desc,
                occurrences.occurrence_kind,
                occurrences.occurrence_name,
                occurrences.subject
        ) as reverse_number
    from occurrences
    inner join episodes
        on
            occurrences.root_kind = episodes.root_kind
            and occurrences.root_name = episodes.root_name
            and occurrences.root_subject = episodes.root_subject
            and occurrences.occurred_at = episodes.happened_at
),

matters as (
    select
        root_kind,
        root_name,
        root_subject,
        earlier_recoveries,
        min(root_subject_kind) as subject_kind,
        min(root_owner) as owner,
        max({{ severity_rank('severity') }}) as severity_rank,
        count(*) as occurrence_count,
        count(distinct subject_kind || ' ' || subject) as affected_count,
        count(*) filter (where occurrence_kind = 'sla') as breach_count,
        max(fallback_data_date) as fallback_data_date,
        min(case when reverse_number = 1 then run_id end) as last_run_id,
        min(case when reverse_number = 1 then task end) as last_task,
        min_by(observed, reverse_number) filter (
            where observed is not null and (is_of_root or root_kind = 'schedule')
        ) as observed,
        min(occurred_at) as opened_at,
        max(occurred_at) as last_seen_at
    from numbered_occurrences
    group by root_kind, root_name, root_subject, earlier_recoveries
),

identified_matters as (
    select
        *,
        {{ dbt.hash(group_key([
            'root_kind', 'root_name', 'root_subject', moment_text('opened_at'),
        ])) }} as incident_id
    from matters
),

incidents as (
    select
        matters.incident_id,
        matters.root_kind as incident_kind,
        matters.root_name as incident_name,
        matters.subject_kind,
        matters.root_subject as subject,
        matters.owner,
        {{ severity_of_rank('matters.severity_rank') }} as severity,
        case
            when numbered_recoveries.recovered_at is not null then 'resolved'
            when acknowledgements.acknowledged_at is not null then 'acknowledged'
            else 'open'
        end as incident_state,
        numbered_recoveries.recovered_at is null
        and matters.breach_count = 0
        and coalesce(not task_runs.has_ended, false) as is_retrying,
        matters.observed,
        matters.occurrence_count,
        matters.affected_count,
        matters.breach_count,
        coalesce(notices.notice_count, 0) as notice_count,
        matters.fallback_data_date,
        acknowledgements.acknowledged_by,
        {{ elapsed('minute', 'matters.opened_at', 'acknowledgements.acknowledged_at') }}
            as minutes_to_acknowledge,
        {{ elapsed('minute', 'matters.opened_at', 'numbered_recoveries.recovered_at') }}
            as minutes_to_resolve,
        {{ business_date('matters.opened_at') }} as opened_date,
        matters.opened_at,
        matters.last_seen_at,
        notices.first_notice_at,
        acknowledgements.acknowledged_at,
        numbered_recoveries.recovered_at as resolved_at
    from identified_matters as matters
    left join numbered_recoveries
        on
            matters.root_kind = numbered_recoveries.root_kind
            and matters.root_name = numbered_recoveries.root_name
            and matters.root_subject = numbered_recoveries.root_subject
            and matters.earlier_recoveries + 1 = numbered_recoveries.recovery_number
    left join task_runs
        on matters.last_run_id = task_runs.run_id and matters.last_task = task_runs.task
    left join acknowledgements on matters.incident_id = acknowledgements.incident_id
    left join notices on matters.incident_id = notices.incident_id
)

select * from incidents
