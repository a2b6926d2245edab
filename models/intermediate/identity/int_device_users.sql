with sessions as (
    select * from {{ ref('int_sessions') }}
),

device_users as (
    select
        source,
        device_id,
        user_id,
        count(*) as session_count,
        min(started_at) as first_signed_in_at,
        max(ended_at) as last_signed_in_at
    from sessions
    where device_id is not null and user_id is not null
    group by source, device_id, user_id
)

select * from device_users
