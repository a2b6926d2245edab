create temp table user_platform_days as
select
    numbered_sessions.user_key,
    session_days.platform,
    session_days.activity_date,
    sum(session_days.event_count)::bigint as event_count
from session_days
inner join numbered_sessions using (session_number)
where numbered_sessions.user_key is not null
group by all;

create temp table user_days as
select distinct user_key, activity_date from user_platform_days;

create temp table lifetimes as
with first_sessions as (
    select stitched_key, platform, campaign_id
    from sessions
    where stitched_key is not null
    qualify row_number() over (
        partition by stitched_key order by started_at, session_id
    ) = 1
)

select
    days.user_key,
    coalesce(first_sessions.platform, 'unknown') as acquisition_platform,
    coalesce(first_sessions.campaign_id, 'no_campaign') as acquisition_campaign,
    days.first_active_date
from (
    select user_key, min(activity_date) as first_active_date from user_days group by user_key
) as days
inner join first_sessions on days.user_key = first_sessions.stitched_key;

-- The last state that began for a user on or before the date.
create temp table described_days as
with user_states_by_date as (
    select
        hash(user_id) as user_key,
        seoul_date(updated_at) as state_date,
        arg_max_null(segment, updated_at) as segment
    from user_states
    group by all
),

active_days as (
    select
        user_key,
        activity_date,
        activity_date - lag(activity_date) over user_order as idle_before,
        lead(activity_date) over user_order - activity_date as idle_after
    from user_days
    window user_order as (partition by user_key order by activity_date)
)

select
    active_days.user_key,
    active_days.activity_date,
    coalesce(states.segment, 'unknown') as user_segment,
    case
        when active_days.idle_before is null then 'new'
        when active_days.idle_before <= 28 then 'returning'
        else 'resurrected'
    end as lifecycle_state,
    case
        when active_days.idle_after is null or active_days.idle_after > 28
            then active_days.activity_date + 28
    end as churn_date
from active_days
asof left join user_states_by_date as states
    on
        active_days.user_key = states.user_key
        and active_days.activity_date >= states.state_date;

create table marts.fct_user_days as
select
    identifiers.hashed as user_id,
    user_platform_days.platform,
    lifetimes.acquisition_platform,
    lifetimes.acquisition_campaign,
    described_days.user_segment,
    described_days.lifecycle_state,
    lifetimes.first_active_date = user_platform_days.activity_date as is_first_day,
    user_platform_days.event_count,
    user_platform_days.activity_date,
    described_days.churn_date
from user_platform_days
inner join lifetimes using (user_key)
inner join described_days using (user_key, activity_date)
inner join identifiers on user_platform_days.user_key = identifiers.key;

create table marts.dim_dates as
select
    business_dates.business_date,
    date_trunc('week', business_dates.business_date)::date as week_start_date,
    date_trunc('month', business_dates.business_date)::date as month_start_date,
    holidays.holiday_name
from business_dates
left join holidays on business_dates.business_date = holidays.holiday_date;

-- An active day counts its user until the window ends or until the user's next active day.
create temp table active_users as
with dimensioned_days as (
    select
        'all' as dimension, 'all' as dimension_value, user_key, activity_date, lifecycle_state,
        churn_date
    from described_days
    union all
    select 'platform', platform, user_key, activity_date, lifecycle_state, churn_date
    from user_platform_days
    inner join described_days using (user_key, activity_date)
    union all
    select
        'acquisition_platform', acquisition_platform, user_key, activity_date, lifecycle_state,
        churn_date
    from described_days
    inner join lifetimes using (user_key)
    union all
    select
        'acquisition_campaign', acquisition_campaign, user_key, activity_date, lifecycle_state,
        churn_date
    from described_days
    inner join lifetimes using (user_key)
    union all
    select
        'user_segment', user_segment, user_key, activity_date, lifecycle_state, churn_date
    from described_days
),

states as (
    select dimension, dimension_value, activity_date, lifecycle_state as state, count(*) as users
    from dimensioned_days
    group by all
    union all
    select dimension, dimension_value, churn_date, 'churned', count(*)
    from dimensioned_days
    where churn_date is not null
    group by all
),

daily_states as (
    select
        dimension,
        dimension_value,
        activity_date,
        coalesce(sum(users) filter (where state = 'new'), 0)::bigint as new_users,
        coalesce(sum(users) filter (where state = 'returning'), 0)::bigint as returning_users,
        coalesce(sum(users) filter (where state = 'resurrected'), 0)::bigint
            as resurrected_users,
        coalesce(sum(users) filter (where state = 'churned'), 0)::bigint
            as newly_churned_users
    from states
    group by all
),

active_days as (
    select
        dimension,
        dimension_value,
        activity_date,
        coalesce(lead(activity_date) over (
            partition by dimension, dimension_value, user_key order by activity_date
        ), date '9999-01-01') as next_activity_date
    from dimensioned_days
),

-- There are few days: count by day and duration first, then spread over the dates.
stays as (
    select
        dimension,
        dimension_value,
        activity_date,
        least(next_activity_date - activity_date, 28) as gap,
        count(*) as user_count
    from active_days
    group by all
),

changes as (
    select
        dimension,
        dimension_value,
        activity_date + least(gap, days)::int as change_date,
        -sum(user_count) filter (where metric = 'dau') as dau,
        -sum(user_count) filter (where metric = 'wau') as wau,
        -sum(user_count) filter (where metric = 'mau') as mau
    from stays
    cross join (values ('dau', 1), ('wau', 7), ('mau', 28)) as windows (metric, days)
    group by 1, 2, 3
    union all
    select
        dimension, dimension_value, activity_date, sum(user_count), sum(user_count),
        sum(user_count)
    from stays
    group by 1, 2, 3
)

select
    values_of.dimension,
    values_of.dimension_value,
    business_dates.business_date as activity_date,
    sum(coalesce(daily.dau, 0)) over value_dates as dau,
    sum(coalesce(daily.wau, 0)) over value_dates as wau,
    sum(coalesce(daily.mau, 0)) over value_dates as mau,
    coalesce(daily_states.new_users, 0) as new_users,
    coalesce(daily_states.returning_users, 0) as returning_users,
    coalesce(daily_states.resurrected_users, 0) as resurrected_users,
    coalesce(daily_states.newly_churned_users, 0) as newly_churned_users,
    count(*) over value_dates >= 7 as is_wau_complete,
    count(*) over value_dates >= 28 as is_mau_complete
from (select distinct dimension, dimension_value from stays) as values_of
cross join business_dates
left join (
    select
        dimension, dimension_value, change_date, sum(dau) as dau, sum(wau) as wau,
        sum(mau) as mau
    from changes
    group by all
) as daily
    on
        values_of.dimension = daily.dimension
        and values_of.dimension_value = daily.dimension_value
        and business_dates.business_date = daily.change_date
left join daily_states
    on
        values_of.dimension = daily_states.dimension
        and values_of.dimension_value = daily_states.dimension_value
        and business_dates.business_date = daily_states.activity_date
window value_dates as (
    partition by values_of.dimension, values_of.dimension_value
    order by business_dates.business_date rows between unbounded preceding and current row
);

create table marts.active_users_daily as
select
    activity_date,
    dau::bigint as dau,
    wau::bigint as wau,
    mau::bigint as mau,
    dau::double / nullif(mau, 0) as stickiness,
    is_wau_complete,
    is_mau_complete
from active_users
where dimension = 'all';

create table marts.active_users_by_dimension_daily as
select
    activity_date,
    dimension,
    dimension_value,
    dau::bigint as dau,
    wau::bigint as wau,
    mau::bigint as mau,
    dau::double / nullif(mau, 0) as stickiness,
    new_users,
    returning_users,
    resurrected_users,
    newly_churned_users,
    is_wau_complete,
    is_mau_complete
from active_users
where dimension <> 'all';

create table marts.user_lifecycle_daily as
with active_days as (
    select
        activity_date,
        activity_date - lag(activity_date) over user_order as idle_before,
        lead(activity_date) over user_order as next_activity_date
    from user_days
    window user_order as (partition by user_key order by activity_date)
),

days as (
    select activity_date, idle_before, next_activity_date, count(*) as users
    from active_days
    group by all
),

changes as (
    select activity_date as change_date, case
        when idle_before is null then 'new'
        when idle_before <= 28 then 'returning'
        else 'resurrected'
    end as state, users from days
    union all
    select activity_date + 1, 'idle', users from days
    union all
    select least(coalesce(next_activity_date, activity_date + 28), activity_date + 28), 'idle',
        -users from days
    union all
    select activity_date + 28, unnest(['churned', 'newly_churned']), users from days
    where next_activity_date is null or next_activity_date > activity_date + 28
    union all
    select next_activity_date, 'churned', -users from days
    where next_activity_date > activity_date + 28
),

states as (
    select
        business_dates.business_date as activity_date,
        coalesce(sum(users) filter (where state = 'new'), 0) as new_users,
        coalesce(sum(users) filter (where state = 'returning'), 0) as returning_users,
        coalesce(sum(users) filter (where state = 'resurrected'), 0) as resurrected_users,
        coalesce(sum(users) filter (where state = 'newly_churned'), 0) as newly_churned_users,
        coalesce(sum(users) filter (where state = 'idle'), 0) as idle_change,
        coalesce(sum(users) filter (where state = 'churned'), 0) as churned_change
    from business_dates
    left join changes on business_dates.business_date = changes.change_date
    group by 1
)

select
    activity_date,
    (sum(new_users) over dates)::bigint as known_users,
    (new_users + returning_users + resurrected_users)::bigint as active_users,
    new_users::bigint as new_users,
    returning_users::bigint as returning_users,
    resurrected_users::bigint as resurrected_users,
    (sum(idle_change) over dates)::bigint as idle_users,
    (sum(churned_change) over dates)::bigint as churned_users,
    newly_churned_users::bigint as newly_churned_users
from states
window dates as (order by activity_date rows between unbounded preceding and current row);

create table marts.retention_cohorts as
with periods as (
    select unnest(['day', 'week', 'month']) as period
),

activity as (
    select distinct
        periods.period,
        user_days.user_key,
        date_trunc(periods.period, lifetimes.first_active_date)::date as cohort_date,
        date_trunc(periods.period, user_days.activity_date)::date as period_date
    from user_days
    inner join lifetimes using (user_key)
    cross join periods
),

last_periods as (
    select period, cohort_date, user_key, max(period_date) as period_date
    from activity
    group by all
),

cohorts as (
    select period, cohort_date, count(*) as cohort_user_count
    from last_periods
    group by all
),

cohort_periods as (
    select
        cohorts.*,
        business_dates.business_date as period_date
    from cohorts
    inner join business_dates
        on
            cohorts.cohort_date <= business_dates.business_date
            and business_dates.business_date
            = date_trunc(cohorts.period, business_dates.business_date)::date
    union all
    select cohorts.*, cohort_date
    from cohorts
    where cohort_date < (select min(business_date) from business_dates)
),

retained as (
    select period, cohort_date, period_date, count(*) as user_count from activity group by all
),

lost as (
    select period, cohort_date, period_date, count(*) as user_count from last_periods group by all
),

counted as (
    select
        cohort_periods.period,
        cohort_periods.cohort_date,
        case cohort_periods.period
            when 'day' then date_diff(
                'day', cohort_periods.cohort_date, cohort_periods.period_date
            )
            when 'week' then date_diff(
                'day', cohort_periods.cohort_date, cohort_periods.period_date
            ) // 7
            else date_diff('month', cohort_periods.cohort_date, cohort_periods.period_date)
        end as period_number,
        cohort_periods.cohort_user_count,
        coalesce(retained.user_count, 0) as retained_user_count,
        cohort_periods.cohort_user_count - coalesce(sum(lost.user_count) over (
            partition by cohort_periods.period, cohort_periods.cohort_date
            order by cohort_periods.period_date
            rows between unbounded preceding and 1 preceding
        ), 0)::bigint as unbounded_retained_user_count,
        cohort_periods.period_date as period_start_date
    from cohort_periods
    left join retained using (period, cohort_date, period_date)
    left join lost using (period, cohort_date, period_date)
)

select
    period,
    cohort_date,
    period_number,
    cohort_user_count,
    retained_user_count,
    unbounded_retained_user_count,
    retained_user_count::double / cohort_user_count as retention_rate,
    unbounded_retained_user_count::double / cohort_user_count as unbounded_retention_rate,
    case period
        when 'day' then period_start_date + interval 1 day
        when 'week' then period_start_date + interval 7 day
        else period_start_date + interval 1 month
    end <= (select max(business_date) from business_dates) as is_complete,
    period_start_date
from counted;

create table marts.dim_devices as
with device_users as (
    select
        device_id,
        user_id,
        max(ended_at) as last_signed_in_at
    from sessions
    where device_id is not null and user_id is not null
    group by all
),

last_users as (
    select
        device_id,
        user_id,
        count(*) over (partition by device_id) as user_count
    from device_users
    qualify row_number() over (
        partition by device_id order by last_signed_in_at desc, user_id
    ) = 1
)

select
    'app' as source,
    seen.device_id,
    last_users.user_id as last_user_id,
    seen.platform,
    coalesce(last_users.user_count, 0) as user_count,
    coalesce(last_users.user_count > 1, false) as is_shared,
    seen.session_count,
    seen.first_seen_at,
    seen.last_seen_at
from (
    select
        device_id,
        arg_max(platform, (started_at, session_id)) as platform,
        count(*) as session_count,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at
    from sessions
    where device_id is not null
    group by device_id
) as seen
left join last_users on seen.device_id = last_users.device_id;
