with sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
),

user_days as (
    select
        session_user_id as user_id,
        {{ business_date('occurred_at') }} as activity_date,
        count(distinct session_id) as session_count,
        count(*) as event_count,
        min(occurred_at) as first_active_at,
        max(occurred_at) as last_active_at
    from sessionized_events
    where session_user_id is not null
    group by 1, 2
)

select * from user_days
