{{ config(enabled=has_records_of('operations')) }}

with check_results as (
    select * from {{ ref('int_check_results') }}
),

failures as (
    select * from check_results
    where not is_passed
),

{#
    What was skipped, or is a warning, is no cause of anything, and what the data says of itself
    breaks no model.
#}
causes as (
    select * from failures
    where check_status not in ('skipped', 'warned') and check_kind <> 'finding'
),

{# What a retry had mended by then is no cause either. #}
causes_above as (
    select
        failures.run_id,
        failures.check_name,
        failures.subject,
        failures.checked_at,
        causes.check_name as cause_check_name,
        causes.subject_kind as cause_subject_kind,
        causes.subject as cause_subject,
        causes.owner as cause_owner,
        causes.severity as cause_severity,
        causes.checked_at as cause_checked_at
    from failures
    inner join causes
        on
            failures.run_id = causes.run_id
            and failures.subject <> causes.subject
            and {{ holds_name('failures.ancestors', 'causes.subject') | indent(12) }}
    left join check_results as recoveries
        on
            recoveries.is_passed
            and causes.run_id = recoveries.run_id
            and causes.check_name = recoveries.check_name
            and causes.subject = recoveries.subject
            and causes.checked_at < recoveries.checked_at
            and failures.checked_at >= recoveries.checked_at
    where recoveries.run_id is null
),

caused_failures as (
    select distinct
        run_id,
        check_name,
        subject,
        checked_at
    from causes_above
),

{# A root cause has no failure above it. #}
roots_above as (
    select
        causes_above.*,
        row_number() over (
            partition by
                causes_above.run_id,
                causes_above.check_name,
                causes_above.subject,
                causes_above.checked_at
            order by
                {{ severity_rank('causes_above.cause_severity') }} desc,
                causes_above.cause_subject,
                causes_above.cause_check_name,
                causes_above.cause_checked_at
        ) as root_number
    from causes_above
    left join caused_failures
        on
            causes_above.run_id = caused_failures.run_id
            and causes_above.cause_check_name = caused_failures.check_name
            and causes_above.cause_subject = caused_failures.subject
            and causes_above.cause_checked_at = caused_failures.checked_at
    where caused_failures.run_id is null
),

check_failures as (
    select
        failures.run_id,
        failures.run_date,
        failures.task,
        failures.check_name,
        failures.check_kind,
        failures.subject_kind,
        failures.subject,
        failures.check_status,
        failures.severity,
        failures.message,
        coalesce(roots_above.cause_check_name, failures.check_name) as root_name,
        coalesce(roots_above.cause_subject_kind, failures.subject_kind) as root_subject_kind,
        coalesce(roots_above.cause_subject, failures.subject) as root_subject,
        coalesce(roots_above.cause_owner, failures.owner, 'data_platform') as root_owner,
        roots_above.root_number is not null as has_cause,
        failures.checked_at
    from failures
    left join roots_above
        on
            failures.run_id = roots_above.run_id
            and failures.check_name = roots_above.check_name
            and failures.subject = roots_above.subject
            and failures.checked_at = roots_above.checked_at
            and roots_above.root_number = 1
    where failures.check_status <> 'skipped' or roots_above.root_number is not null
)

select * from check_failures
