{{ config(**base_events_config('app')) }}

with lines as (
    {{ new_landing_lines('app') | indent }}
),

objects as (
    select
        *,
        {{ json_fields('line', {
            'eventId': 'varchar', 'eventName': 'varchar', 'userId': 'varchar', 'deviceId': 'varchar',
            'occurredAt': 'varchar', 'receivedAt': 'varchar', 'platform': 'varchar', 'appVersion': 'varchar',
            'userAgent': 'varchar', 'properties': 'json',
        }) }} as fields
    from lines
),

events as (
    select
        landing_file,
        line_number,
        line,
        fields is not null as is_readable,
        fields.eventId as event_id,
        fields.eventName as event_name,
        nullif(fields.userId, '') as user_id,
        nullif(fields.deviceId, '') as device_id,
        fields.platform as platform,
        fields.appVersion as app_version,
        {{ is_bot('fields.userAgent') }} as is_bot,
        {{ utc_timestamp('fields.occurredAt') }} as occurred_at,
        {{ utc_timestamp('fields.receivedAt') }} as received_at,
        cast(fields.properties as varchar) as properties
    from objects
)

{{- canonical_events('app', 'events') }}
