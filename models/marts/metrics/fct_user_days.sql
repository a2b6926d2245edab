with user_platform_days as (
    select * from {{ ref('int_user_platform_days') }}
),

user_lifetimes as (
    select * from {{ ref('int_user_lifetimes') }}
),

user_days as (
    select
        user_platform_days.user_id,
        user_platform_days.platform,
        coalesce(user_lifetimes.acquisition_platform, 'unknown') as acquisition_platform,
        coalesce(user_lifetimes.acquisition_campaign_id, 'no_campaign') as acquisition_campaign,
        user_lifetimes.first_active_date = user_platform_days.activity_date as is_first_day,
        user_platform_days.event_count,
        user_platform_days.activity_date
    from user_platform_days
    inner join user_lifetimes on user_platform_days.user_id = user_lifetimes.user_id
)

select * from user_days
