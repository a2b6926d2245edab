{{ config(**restated_config(
    unique_key=['user_id', 'activity_date'],
    storage=partitioned_by('activity_date'),
)) }}

with sessionized_events as (
    {{ events_of_touched_user_days(
        ref('int_judged_events'), ref('int_sessionized_events')
    ) | indent }}
),

user_days as (
    select
        session_user_id as user_id,
        event_date as activity_date,
        count(distinct session_id) as session_count,
        count(*) as event_count,
        min(occurred_at) as first_active_at,
        max(occurred_at) as last_active_at
    from sessionized_events
    where session_user_id is not null
    group by 1, 2
)

select * from user_days
