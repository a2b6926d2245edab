with sessions as (
    select * from {{ ref('int_sessions') }}
),

{#
    Smallest and largest user id are the same where one user alone signed in: two aggregates over a
    frame of the horizon, so that a device's history is read once and never joined with itself.
#}
users_nearby as (
    select
        session_id,
        source,
        device_id,
        user_id,
        min(user_id) over sessions_nearby as smallest_user_id,
        max(user_id) over sessions_nearby as largest_user_id,
        min(user_id) over sessions_ahead as user_id_ahead,
        started_at
    from sessions
    window
        sessions_nearby as (
            partition by source, device_id, case when device_id is null then user_id end
            order by started_at
            range between interval '{{ var("horizon_days") }}' day preceding
            and interval '{{ var("horizon_days") }}' day following
        ),
        sessions_ahead as (
            partition by source, device_id, case when device_id is null then user_id end
            order by started_at
            range between current row and interval '{{ var("horizon_days") }}' day following
        )
),

session_identities as (
    select
        session_id,
        source,
        device_id,
        user_id,
        case
            when user_id is not null then user_id
            when smallest_user_id = largest_user_id then user_id_ahead
        end as stitched_user_id,
        case
            when user_id is not null then 'signed_in'
            when smallest_user_id <> largest_user_id then 'shared_device'
            when user_id_ahead is not null then 'stitched'
            else 'anonymous'
        end as identity_basis,
        started_at
    from users_nearby
)

select * from session_identities
