{{ config(**restated_config(
    unique_key=['user_id', 'activity_date', 'platform'],
    storage=partitioned_by('activity_date'),
)) }}

with sessionized_events as (
    {{ events_of_touched_user_days(
        ref('int_judged_events'), ref('int_sessionized_events')
    ) | indent }}
),

user_platform_days as (
    select
        session_user_id as user_id,
        coalesce(platform, 'unknown') as platform,
        event_date as activity_date,
        count(*) as event_count
    from sessionized_events
    where session_user_id is not null
    group by 1, 2, 3
)

select * from user_platform_days
