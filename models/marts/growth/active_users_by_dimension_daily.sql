with user_platform_days as (
    select * from {{ ref('int_user_platform_days') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

user_lifetimes as (
    select * from {{ ref('int_user_lifetimes') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

platform_days as (
    select
        'platform' as dimension,
        platform as dimension_value,
        activity_date,
        lead(activity_date) over (
            partition by user_id, platform order by activity_date
        ) as next_activity_date
    from user_platform_days
),

{# What a user was acquired by stays: in those dimensions the days of a user are all its days. #}
user_day_pairs as (
    select
        user_id,
        activity_date,
        lead(activity_date) over (
            partition by user_id order by activity_date
        ) as next_activity_date
    from user_days
),

acquisition_days as (
    select
        coalesce(user_lifetimes.acquisition_platform, 'unknown') as acquisition_platform,
        coalesce(
            user_lifetimes.acquisition_campaign_id, 'no_campaign'
        ) as acquisition_campaign_id,
        user_day_pairs.activity_date,
        user_day_pairs.next_activity_date
    from user_day_pairs
    inner join user_lifetimes on user_day_pairs.user_id = user_lifetimes.user_id
),

active_days as (
    select * from platform_days
    union all
    select
        'acquisition_platform' as dimension,
        acquisition_platform as dimension_value,
        activity_date,
        next_activity_date
    from acquisition_days
    union all
    select
        'acquisition_campaign' as dimension,
        acquisition_campaign_id as dimension_value,
        activity_date,
        next_activity_date
    from acquisition_days
),

daily_changes as (
    {{ active_user_changes('active_days', ['dimension', 'dimension_value']) | indent }}
),

dimension_values as (
    select distinct
        dimension,
        dimension_value
    from active_days
),

active_users as (
    select
        dimension_values.dimension,
        dimension_values.dimension_value,
        business_dates.business_date as activity_date,
        {%- for metric in ['dau', 'wau', 'mau'] %}
        cast(sum(coalesce(daily_changes.{{ metric }}_change, 0)) over (
            partition by dimension_values.dimension, dimension_values.dimension_value
            order by business_dates.business_date rows between unbounded preceding and current row
        ) as bigint) as {{ metric }},
        {%- endfor %}
        row_number() over value_dates >= 7 as is_wau_complete,
        row_number() over value_dates >= 28 as is_mau_complete
    from business_dates
    cross join dimension_values
    left join daily_changes
        on
            business_dates.business_date = daily_changes.change_date
            and dimension_values.dimension = daily_changes.dimension
            and dimension_values.dimension_value = daily_changes.dimension_value
    window value_dates as (
        partition by dimension_values.dimension, dimension_values.dimension_value
        order by business_dates.business_date
    )
),

active_users_by_dimension_daily as (
    select
        activity_date,
        dimension,
        dimension_value,
        dau,
        wau,
        mau,
        cast(dau as double) / nullif(mau, 0) as stickiness,
        is_wau_complete,
        is_mau_complete
    from active_users
)

select * from active_users_by_dimension_daily
