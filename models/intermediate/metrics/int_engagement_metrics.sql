{%- set session_dimensions = ['platform', 'identity_basis', 'campaign'] -%}
{%- set event_dimensions = ['source', 'event_name', 'platform'] -%}
with sessions as (
    select * from {{ ref('fct_sessions') }}
),

events as (
    select * from {{ ref('fct_events') }}
    where not is_bot
),

dimensioned_sessions as (
    select
        session_date,
        coalesce(platform, 'unknown') as platform,
        identity_basis,
        coalesce(campaign_id, 'no_campaign') as campaign,
        event_count,
        duration_seconds
    from sessions
),

session_counts as (
    {%- call counted_by('dimensioned_sessions', 'session_date', session_dimensions) %}
        count(*) as session_count,
        count(*) filter (where event_count = 1) as single_event_session_count,
        sum(duration_seconds) as total_seconds,
        {{ median('duration_seconds') }} as median_seconds
    {%- endcall %}
),

dimensioned_events as (
    select
        event_date,
        source,
        event_name,
        coalesce(platform, 'unknown') as platform
    from events
),

event_counts as (
    {%- call counted_by('dimensioned_events', 'event_date', event_dimensions) %}
        count(*) as event_count
    {%- endcall %}
),

{#
    A session may last past midnight, and the user of an anonymous one may change for one more
    horizon.
#}
windowed_session_counts as (
    select
        *,
        case when dimension = 'identity_basis' then 1 + {{ var('horizon_days') }} else 1 end
            as window_days
    from session_counts
),

engagement_metrics as (
    {{ metric_rows('windowed_session_counts', {
        'sessions': {'numerator': 'session_count', 'window_days': 'window_days'},
        'single_event_session_share': {
            'numerator': 'single_event_session_count',
            'denominator': 'session_count',
            'window_days': 'window_days',
        },
        'average_session_seconds': {
            'numerator': 'total_seconds',
            'denominator': 'session_count',
            'window_days': 'window_days',
        },
        'median_session_seconds': {'numerator': 'median_seconds', 'window_days': 'window_days'},
    }) | indent }}
    union all
    {{ metric_rows('event_counts', {
        'events': {'numerator': 'event_count'},
    }) | indent }}
)

select * from engagement_metrics
