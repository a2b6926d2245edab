{{ config(enabled=has_records_of('crm')) }}

with messages as (
    select * from {{ ref('int_messages') }}
),

campaigns as (
    select * from {{ ref('int_campaigns') }}
    where goal_event_name is not null
),

judged_events as (
    select * from {{ ref('int_judged_events') }}
    where source = 'app' and outcome = 'valid' and not is_bot
),

sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
),

goal_events as (
    select
        judged_events.landing_file,
        judged_events.line_number,
        judged_events.event_name,
        judged_events.occurred_at,
        coalesce(sessionized_events.session_user_id, judged_events.user_id) as user_id
    from judged_events
    left join sessionized_events
        on
            judged_events.landing_file = sessionized_events.landing_file
            and judged_events.line_number = sessionized_events.line_number
    where judged_events.event_name in (select goal_event_name from campaigns)
),

followed_messages as (
    select
        messages.message_id,
        messages.last_sent_at,
        messages.message_status = 'delivered' as is_delivered,
        goal_events.landing_file,
        goal_events.line_number,
        goal_events.event_name,
        goal_events.occurred_at
    from messages
    inner join campaigns on messages.campaign_id = campaigns.campaign_id
    inner join goal_events
        on
            messages.user_id = goal_events.user_id
            and campaigns.goal_event_name = goal_events.event_name
            and messages.last_sent_at <= goal_events.occurred_at
            and messages.last_sent_at + interval '{{ var("conversion_window_hours") }}' hour
            > goal_events.occurred_at
),

{# A conversion is attributed to one message: the last one delivered before it. #}
message_conversions as (
    select
        message_id,
        landing_file,
        line_number,
        event_name,
        is_delivered
        and row_number() over (
            partition by landing_file, line_number, is_delivered
            order by last_sent_at desc, message_id desc
        ) = 1 as is_attributed,
        occurred_at
    from followed_messages
)

select * from message_conversions
