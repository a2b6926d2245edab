{%- set windows = [7, 28] -%}
with user_days as (
    select * from {{ ref('int_user_days') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

{# An active day counts for each date of the window that starts with it. #}
day_changes as (
    {%- for days in windows %}
    select
        {{ days }} as window_days,
        user_id,
        activity_date as change_date,
        1 as day_change
    from user_days
    union all
    select
        {{ days }} as window_days,
        user_id,
        cast({{ dbt.dateadd('day', days, 'activity_date') }} as date) as change_date,
        -1 as day_change
    from user_days
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

user_changes as (
    select
        window_days,
        user_id,
        change_date,
        sum(day_change) as day_change
    from day_changes
    group by window_days, user_id, change_date
),

{# From each change to the next, a user has one number of active days. #}
user_counts as (
    select
        window_days,
        sum(day_change) over user_order as active_day_count,
        change_date,
        lead(change_date) over user_order as next_change_date
    from user_changes
    window user_order as (partition by window_days, user_id order by change_date)
),

count_changes as (
    select
        window_days,
        active_day_count,
        change_date,
        1 as user_change
    from user_counts
    union all
    select
        window_days,
        active_day_count,
        next_change_date as change_date,
        -1 as user_change
    from user_counts
    where next_change_date is not null
),

daily_changes as (
    select
        window_days,
        active_day_count,
        change_date,
        sum(user_change) as user_change
    from count_changes
    group by window_days, active_day_count, change_date
),

day_counts as (
    {%- for days in windows %}
    {%- set is_last = loop.last %}
    {%- for active_days in range(1, days + 1) %}
    select
        {{ days }} as window_days,
        {{ active_days }} as active_day_count
    {{ 'union all' if not (is_last and loop.last) }}
    {%- endfor %}
    {%- endfor %}
),

user_counts_daily as (
    select
        business_dates.business_date as activity_date,
        day_counts.window_days,
        day_counts.active_day_count,
        sum(coalesce(daily_changes.user_change, 0)) over count_dates as user_count,
        row_number() over count_dates >= day_counts.window_days as is_window_complete
    from business_dates
    cross join day_counts
    left join daily_changes
        on
            business_dates.business_date = daily_changes.change_date
            and day_counts.window_days = daily_changes.window_days
            and day_counts.active_day_count = daily_changes.active_day_count
    window count_dates as (
        partition by day_counts.window_days, day_counts.active_day_count
        order by business_dates.business_date
    )
),

power_user_curve_daily as (
    select
        activity_date,
        cast(window_days as bigint) as window_days,
        cast(active_day_count as bigint) as active_day_count,
        cast(user_count as bigint) as user_count,
        is_window_complete
    from user_counts_daily
    where user_count > 0
)

select * from power_user_curve_daily
