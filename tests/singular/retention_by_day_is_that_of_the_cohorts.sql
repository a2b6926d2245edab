-- Fails on every cohort of a day whose retained users are not the same in fct_new_users, from which
-- the metrics are counted, and in retention_cohorts.
with new_users as (
    {%- for number in [1, 7, 30] %}
    select
        first_active_date as cohort_date,
        {{ number }} as period_number,
        count(*) as cohort_users,
        count(case when is_retained_on_day_{{ number }} then 1 end) as retained_users,
        min(observed_day_count) > {{ number }} as is_complete
    from {{ ref('fct_new_users') }}
    where is_retained_on_day_{{ number }} is not null
    group by first_active_date
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

cohorts as (
    select * from {{ ref('retention_cohorts') }}
    where period = 'day' and dimension = 'all' and period_number in (1, 7, 30)
)

select
    coalesce(new_users.cohort_date, cohorts.cohort_date) as cohort_date,
    coalesce(new_users.period_number, cohorts.period_number) as period_number
from new_users
full outer join cohorts
    on
        new_users.cohort_date = cohorts.cohort_date
        and new_users.period_number = cohorts.period_number
where
    not coalesce(
        new_users.cohort_users = cohorts.cohort_user_count
        and new_users.retained_users = cohorts.retained_user_count
        and new_users.is_complete = cohorts.is_complete,
        false
    )
