{{ config(**restated_config(
    withdrawn='withdrawn_user_days',
    unique_key=['user_id', 'activity_date', 'platform'],
    storage=partitioned_by('activity_date'),
)) }}
-- depends_on: {{ ref('int_judged_events') }}

with sessionized_events as (
    select sessionized_events.*
    from {{ ref('int_sessionized_events') }} as sessionized_events
    {%- if is_incremental() %}
    inner join (
        {{ touched_user_days(
            ref('int_judged_events'), ref('int_sessionized_events')
        ) | indent(8) }}
    ) as touched
        on
            sessionized_events.session_user_id = touched.user_id
            and sessionized_events.event_date = touched.activity_date
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
