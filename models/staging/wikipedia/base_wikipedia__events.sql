{{ config(**base_events_config('wikipedia')) }}

{#
    The log has neither event ids nor a time of receipt: rows are keyed by file and line, and count
    as received at the end of the day.
#}
with lines as (
    {{ new_landing_lines('wikipedia') | indent }}
),

objects as (
    select
        *,
        {{ json_fields('line', {
            'time': 'varchar', 'user': 'varchar', 'isRobot': 'boolean',
        }) }} as fields
    from lines
),

events as (
    select
        landing_file,
        line_number,
        line,
        fields is not null as is_readable,
        cast(null as varchar) as event_id,
        'page_edited' as event_name,
        nullif({{ json_field('fields', 'user') }}, '') as user_id,
        cast(null as varchar) as device_id,
        'web' as platform,
        cast(null as varchar) as app_version,
        cast(null as varchar) as user_agent,
        {{ json_field('fields', 'isRobot') }} as is_bot,
        {{ utc_timestamp(json_field('fields', 'time')) }} as occurred_at,
        cast(null as timestamp) as received_at,
        line as properties
    from objects
),

canonical_events as (
    {{ canonical_events('wikipedia', 'events') | indent }}
)

select * from canonical_events
order by event_name
