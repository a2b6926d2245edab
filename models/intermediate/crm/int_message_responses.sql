{{ config(enabled=has_records_of('crm')) }}

with messages as (
    select * from {{ ref('int_messages') }}
    where not is_holdout
),

sessionized_events as (
    select * from {{ ref('int_sessionized_events') }}
),

received_pushes as (
    {{ first_events(ref('stg_app__push_received'), 'message_id') | indent }}
),

opened_pushes as (
    {{ first_events(ref('stg_app__push_opened'), 'message_id') | indent }}
),

app_openings as (
    select * from {{ ref('stg_app__app_opened') }}
    where is_valid and not is_duplicate and not is_bot and campaign_id is not null
),

{#
    The user may sign in after the app was opened, so the session's user is taken. Few openings
    have a campaign: the join is made once, for these.
#}
campaign_openings as {{ materialized() }} (
    select
        app_openings.landing_file,
        app_openings.line_number,
        app_openings.campaign_id,
        sessionized_events.session_user_id as user_id,
        app_openings.occurred_at
    from app_openings
    inner join sessionized_events
        on
            app_openings.landing_file = sessionized_events.landing_file
            and app_openings.line_number = sessionized_events.line_number
),

{#
    The app reports only the campaign that it was opened from, so an opening counts for the last
    message of that campaign that was sent to the user before it.
#}
opened_messages as (
    select
        messages.message_id,
        campaign_openings.occurred_at,
        row_number() over (
            partition by campaign_openings.landing_file, campaign_openings.line_number
            order by messages.last_sent_at desc, messages.message_id desc
        ) as message_number
    from campaign_openings
    inner join messages
        on
            campaign_openings.user_id = messages.user_id
            and campaign_openings.campaign_id = messages.campaign_id
            and campaign_openings.occurred_at >= messages.last_sent_at
),

clicks as (
    select
        message_id,
        min(occurred_at) as clicked_at
    from opened_messages
    where message_number = 1
    group by message_id
),

message_responses as (
    select
        messages.message_id,
        received_pushes.occurred_at as received_at,
        opened_pushes.occurred_at as opened_at,
        clicks.clicked_at
    from messages
    left join received_pushes on messages.message_id = received_pushes.message_id
    left join opened_pushes on messages.message_id = opened_pushes.message_id
    left join clicks on messages.message_id = clicks.message_id
)

select * from message_responses
