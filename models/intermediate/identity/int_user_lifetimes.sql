with user_days as (
    select * from {{ ref('int_user_days') }}
),

sessions as (
    select * from {{ ref('int_sessions') }}
),

session_identities as (
    select * from {{ ref('int_session_identities') }}
),

{# A session before the first sign-in may be the one that acquired the user. #}
numbered_sessions as (
    select
        session_identities.stitched_user_id as user_id,
        sessions.platform as acquisition_platform,
        sessions.campaign_id as acquisition_campaign_id,
        row_number() over (
            partition by session_identities.stitched_user_id
            order by sessions.started_at, sessions.session_id
        ) as session_number
    from session_identities
    inner join sessions on session_identities.session_id = sessions.session_id
    where session_identities.stitched_user_id is not null
),

first_sessions as (
    select * from numbered_sessions
    where session_number = 1
),

lifetimes as (
    select
        user_id,
        count(*) as active_day_count,
        min(activity_date) as first_active_date,
        max(activity_date) as last_active_date
    from user_days
    group by user_id
),

user_lifetimes as (
    select
        lifetimes.user_id,
        first_sessions.acquisition_platform,
        first_sessions.acquisition_campaign_id,
        lifetimes.active_day_count,
        lifetimes.first_active_date,
        lifetimes.last_active_date
    from lifetimes
    inner join first_sessions on lifetimes.user_id = first_sessions.user_id
)

select * from user_lifetimes
