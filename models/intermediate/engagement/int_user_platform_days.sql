{{ config(**restated_config(withdraw='withdraw_user_days()')) }}

with judged_events as (
    select * from {{ ref('int_judged_events') }}
),

sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
),

user_platform_days as (
    select
        session_user_id as user_id,
        coalesce(platform, 'unknown') as platform,
        event_date as activity_date,
        count(*) as event_count
    from sessionized_events
    where
        session_user_id is not null
        {%- if is_incremental() %}
        and (session_user_id, event_date) in (
            select (user_id, activity_date) from (
                {{ touched_user_days('judged_events', 'sessionized_events') | indent(16) }}
            ) as touched
        )
        {%- endif %}
    group by 1, 2, 3
)

select * from user_platform_days
