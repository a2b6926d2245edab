with sessions as (
    select * from {{ ref('int_sessions') }}
),

device_users as (
    select * from {{ ref('int_device_users') }}
),

seen_devices as (
    select
        source,
        device_id,
        count(*) as session_count,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at
    from sessions
    where device_id is not null
    group by source, device_id
),

numbered_sessions as (
    select
        source,
        device_id,
        platform,
        row_number() over (
            partition by source, device_id order by started_at desc, session_id desc
        ) as reverse_number
    from sessions
    where device_id is not null
),

last_sessions as (
    select * from numbered_sessions
    where reverse_number = 1
),

numbered_users as (
    select
        source,
        device_id,
        user_id as last_user_id,
        count(*) over (partition by source, device_id) as user_count,
        row_number() over (
            partition by source, device_id order by last_signed_in_at desc, user_id asc
        ) as reverse_number
    from device_users
),

signed_in_users as (
    select * from numbered_users
    where reverse_number = 1
),

devices as (
    select
        seen_devices.source,
        seen_devices.device_id,
        signed_in_users.last_user_id,
        last_sessions.platform,
        coalesce(signed_in_users.user_count, 0) as user_count,
        coalesce(signed_in_users.user_count > 1, false) as is_shared,
        seen_devices.session_count,
        seen_devices.first_seen_at,
        seen_devices.last_seen_at
    from seen_devices
    inner join last_sessions
        on
            seen_devices.source = last_sessions.source
            and seen_devices.device_id = last_sessions.device_id
    left join signed_in_users
        on
            seen_devices.source = signed_in_users.source
            and seen_devices.device_id = signed_in_users.device_id
)

select * from devices
