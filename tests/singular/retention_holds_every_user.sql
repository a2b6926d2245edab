-- Fails when the cohorts of days do not hold every known user, each once in total and once by each
-- dimension; and on every cohort whose users did not all come in its own period, or whose unbounded
-- retention is less than the classic or rises.
with cohorts as (
    select
        *,
        lag(unbounded_retained_user_count, 1, cohort_user_count) over (
            partition by period, cohort_date, dimension, dimension_value order by period_number
        ) as unbounded_before
    from {{ ref('retention_cohorts') }}
),

last_lifecycle as (
    select known_users
    from {{ ref('user_lifecycle_daily') }}
    where activity_date = (select max(activity_date) from {{ ref('user_lifecycle_daily') }})
),

first_periods as (
    select
        period,
        dimension,
        sum(cohort_user_count) as cohort_users
    from cohorts
    where period_number = 0
    group by period, dimension
),

{# Of a dimension, the values of a cohort that did not come in a period have a row too. #}
summed_values as (
    select
        period,
        cohort_date,
        period_number,
        dimension,
        sum(retained_user_count) as retained_users,
        sum(unbounded_retained_user_count) as unbounded_retained_users
    from cohorts
    group by period, cohort_date, period_number, dimension
),

problems as (
    select
        first_periods.period,
        null as cohort_date,
        null as period_number
    from first_periods
    cross join last_lifecycle
    where first_periods.cohort_users <> last_lifecycle.known_users
    union all
    select
        period,
        cohort_date,
        period_number
    from cohorts
    where
        unbounded_retained_user_count < retained_user_count
        or unbounded_retained_user_count > unbounded_before
        or (period_number = 0 and retained_user_count <> cohort_user_count)
    union all
    select
        period,
        cohort_date,
        period_number
    from summed_values
    group by period, cohort_date, period_number
    having
        min(retained_users) <> max(retained_users)
        or min(unbounded_retained_users) <> max(unbounded_retained_users)
)

select * from problems
