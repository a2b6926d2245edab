{{ config(enabled=has_records_of('operations')) }}

with policies as (
    select * from {{ ref('sla_policies') }}
),

holidays as (
    select * from {{ ref('holidays') }}
),

ledger_clock as (
    select * from {{ ref('int_ledger_clock') }}
),

{# A run that fills an earlier date does not make the dates since then due. #}
first_run as (
    select min(greatest(run_date, {{ business_date('started_at') }})) as run_date
    from {{ ref('int_task_attempts') }}
),

spans as (
    select
        policies.*,
        ledger_clock.until_at,
        coalesce(policies.valid_from, first_run.run_date) as first_date,
        least(
            coalesce(policies.valid_until, date '9999-12-31'),
            cast({{ local_time('ledger_clock.until_at', 'policies.time_zone') }} as date)
        ) as last_date
    from policies
    cross join ledger_clock
    cross join first_run
    where ledger_clock.until_at is not null
),

calendar as (
    select
        spans.*,
        dates.due_date
    from spans
    cross join unnest({{ dates_between('first_date', 'last_date') }}) as dates (due_date)
),

{# 1900-01-01 was a Monday. #}
due_moments as (
    select
        calendar.*,
        substr(
            'montuewedthufrisatsun',
            cast({{ dbt.datediff("cast('1900-01-01' as date)", 'due_date', 'day') }} as bigint)
            % 7 * 3 + 1,
            3
        ) as weekday,
        {{ utc_of_local_time('due_date', 'due_time', 'time_zone') }} as due_at
    from calendar
),

sla_due_dates as (
    select
        due_moments.policy_id,
        due_moments.due_date,
        due_moments.subject_kind,
        due_moments.subject,
        due_moments.task,
        due_moments.policy_kind,
        due_moments.severity,
        due_moments.target_share,
        case
            when strpos(due_moments.weekdays, due_moments.weekday) = 0 then 'weekday'
            when due_moments.skips_holidays and holidays.holiday_date is not null then 'holiday'
        end as not_due_reason,
        due_moments.due_at,
        {{ dbt.dateadd('minute', 'due_moments.grace_minutes', 'due_moments.due_at') }}
            as grace_until_at,
        due_moments.until_at
    from due_moments
    left join holidays on due_moments.due_date = holidays.holiday_date
)

select * from sla_due_dates
