{{ config(enabled=has_records_of('bank')) }}

with user_states as (
    select * from {{ ref('dim_user_states') }}
),

started_events as (
    {{ first_events(ref('stg_app__card_application_started'), 'application_id') | indent }}
),

submitted_events as (
    {{ first_events(ref('stg_app__card_application_submitted'), 'application_id') | indent }}
),

decided_events as (
    {{ first_events(ref('stg_app__card_application_decided'), 'application_id') | indent }}
),

applications as (
    select application_id from started_events
    union distinct
    select application_id from submitted_events
    union distinct
    select application_id from decided_events
),

joined_applications as (
    select
        applications.application_id,
        coalesce(
            started_events.user_id, submitted_events.user_id, decided_events.user_id
        ) as user_id,
        coalesce(started_events.platform, submitted_events.platform) as platform,
        coalesce(started_events.app_version, submitted_events.app_version) as app_version,
        started_events.card_product,
        submitted_events.employment,
        case
            when decided_events.is_approved then 'approved'
            when not decided_events.is_approved then 'declined'
            when submitted_events.application_id is not null then 'submitted'
            else 'started'
        end as application_status,
        decided_events.credit_limit_krw,
        coalesce(
            started_events.occurred_at, submitted_events.occurred_at, decided_events.decided_at
        ) as applied_at,
        started_events.occurred_at as started_at,
        submitted_events.occurred_at as submitted_at,
        decided_events.decided_at
    from applications
    left join started_events on applications.application_id = started_events.application_id
    left join submitted_events on applications.application_id = submitted_events.application_id
    left join decided_events on applications.application_id = decided_events.application_id
),

card_applications as (
    select
        joined_applications.application_id,
        joined_applications.user_id,
        user_states.segment as user_segment,
        joined_applications.platform,
        joined_applications.app_version,
        joined_applications.card_product,
        joined_applications.employment,
        joined_applications.application_status,
        joined_applications.credit_limit_krw,
        {{ elapsed(
            'minute', 'joined_applications.submitted_at', 'joined_applications.decided_at'
        ) }} as minutes_to_decision,
        {{ business_date('joined_applications.applied_at') }} as application_date,
        joined_applications.started_at,
        joined_applications.submitted_at,
        joined_applications.decided_at
    from joined_applications
    left join user_states
        on
            joined_applications.user_id = user_states.user_id
            and {{ is_valid_at(
                'joined_applications.applied_at', 'user_states.valid_from', 'user_states.valid_to'
            ) | indent(12) }}
)

select * from card_applications
