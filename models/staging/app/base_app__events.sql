{{ config(**base_events_config('app')) }}

with lines as (
    {{ new_landing_lines('app') | indent }}
),

objects as (
    select
        *,
        {{ json_fields('line', {
            'eventId': 'varchar', 'eventName': 'varchar', 'userId': 'varchar',
            'deviceId': 'varchar', 'occurredAt': 'varchar', 'receivedAt': 'varchar',
            'platform': 'varchar', 'appVersion': 'varchar', 'userAgent': 'varchar',
            'properties': 'json',
        }) }} as fields
    from lines
),

events as (
    select
        landing_file,
        line_number,
        line,
        fields is not null as is_readable,
        {{ json_field('fields', 'eventId') }} as event_id,
        {{ json_field('fields', 'eventName') }} as event_name,
        nullif({{ json_field('fields', 'userId') }}, '') as user_id,
        nullif({{ json_field('fields', 'deviceId') }}, '') as device_id,
        {{ json_field('fields', 'platform') }} as platform,
        {{ json_field('fields', 'appVersion') }} as app_version,
        {{ json_field('fields', 'userAgent') }} as user_agent,
        cast(null as boolean) as is_bot,
        {{ utc_timestamp(json_field('fields', 'occurredAt')) }} as occurred_at,
        {{ utc_timestamp(json_field('fields', 'receivedAt')) }} as received_at,
        {{ json_text(json_field('fields', 'properties')) }} as properties
    from objects
),

canonical_events as (
    {{ canonical_events('app', 'events') | indent }}
)

select * from canonical_events
order by event_name
