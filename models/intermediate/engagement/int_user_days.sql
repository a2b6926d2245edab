{{ config(**restated_config(
    withdrawn='withdrawn_user_days',
    unique_key=['user_id', 'activity_date'],
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
