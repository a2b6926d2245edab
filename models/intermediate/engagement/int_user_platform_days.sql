{{ config(**restated_config(
    withdraw='withdraw_user_days()',
    unique_key=['user_id', 'activity_date', 'platform'],
)) }}
-- depends_on: {{ ref('int_judged_events') }}

with sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
    {%- if is_incremental() %}
    where
        (session_user_id, event_date) in (
            select user_id, activity_date from (
                {{ touched_user_days(
                    ref('int_judged_events'), ref('int_sessionized_events')
                ) | indent(16) }}
            ) as touched
        )
    {%- endif %}
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
