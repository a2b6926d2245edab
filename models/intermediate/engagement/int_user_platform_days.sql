with sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
),

user_platform_days as (
    select
        session_user_id as user_id,
        coalesce(platform, 'unknown') as platform,
        {{ business_date('occurred_at') }} as activity_date,
        count(*) as event_count
    from sessionized_events
    where session_user_id is not null
    group by 1, 2, 3
)

select * from user_platform_days
