{%- set utm = ['utm_source', 'utm_medium', 'utm_campaign'] -%}
with entry_events as (
    select * from {{ ref('int_sessionized_events') }}
    where session_event_number = 1
),

events as (
    select * from {{ ref('fct_events') }}
    where
        {{ text_contains('properties', "'utm_'") }}
        or {{ text_contains('properties', "'referrer'") }}
),

traffic as (
    select
        entry_events.session_id,
        entry_events.source,
        entry_events.event_date as session_date,
        {%- for name in utm %}
        nullif({{ json_text_at('events.properties', "'" ~ name ~ "'") }}, '') as {{ name }},
        {%- endfor %}
        coalesce(
            {{ json_text_at('events.properties', "'page_referrer'") }},
            {{ json_text_at('events.properties', "'referrer'") }}
        ) as referrer_url
    from entry_events
    inner join events
        on
            entry_events.landing_file = events.landing_file
            and entry_events.line_number = events.line_number
            and entry_events.event_date = events.event_date
),

hosts as (
    select
        *,
        {{ pattern_parts('lower(referrer_url)', '^[a-z-]+://([^/:?#]+)', ['host'])
            | indent(8) }} as referrer
    from traffic
),

channels as (
    select
        session_id,
        source,
        session_date,
        utm_source as traffic_source,
        utm_medium as traffic_medium,
        utm_campaign as traffic_campaign,
        {{ json_field('referrer', 'host') }} as referrer_host,
        {{ channel_of('utm_source', 'utm_medium', json_field('referrer', 'host'))
            | indent(8) }} as channel
    from hosts
    where coalesce(utm_source, utm_medium, {{ json_field('referrer', 'host') }}) is not null
)

select * from channels
