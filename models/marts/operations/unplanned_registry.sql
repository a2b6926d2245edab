with judged_events as (
    select * from {{ ref('int_judged_events') }}
),

unplanned_events as (
    select
        source,
        'event' as kind,
        event_name,
        cast(null as varchar) as property,
        platform,
        app_version,
        received_at,
        'object' as value_kind,
        masked_properties as masked_value
    from judged_events
    where
        outcome in ('valid', 'rejected')
        and {{ list_contains('violations', "'unplanned_event'") }}
),

{#
    Few events have unplanned properties: the others are filtered out before the lists are unnested.
#}
events_with_unplanned as (
    select * from judged_events
    where
        outcome in ('valid', 'rejected')
        and {{ list_length('unplanned_properties') }} > 0
),

found_properties as (
    select
        events_with_unplanned.source,
        events_with_unplanned.event_name,
        events_with_unplanned.platform,
        events_with_unplanned.app_version,
        events_with_unplanned.received_at,
        unplanned.found
    from events_with_unplanned
    cross join
        unnest({{ whole_items('events_with_unplanned.unplanned_properties') }}) as unplanned (found)
),

unplanned_properties as (
    select
        source,
        'property' as kind,
        event_name,
        {{ json_field('found', 'name') }} as property,
        platform,
        app_version,
        received_at,
        {{ json_field('found', 'kind') }} as value_kind,
        {{ json_field('found', 'shape') }} as masked_value
    from found_properties
),

unplanned as (
    select * from unplanned_events
    union all
    select * from unplanned_properties
),

{# The version is appended to its sort key, so that min and max find the least and the greatest. #}
named_unplanned as (
    select
        source,
        kind,
        event_name,
        property,
        platform,
        coalesce({{ version_rank('app_version') | indent(8) }}, lpad('', 35, '~'))
        || app_version as ranked_version,
        received_at,
        value_kind,
        substring(masked_value, 1, 100) as masked_value
    from unplanned
),

registry as (
    select
        {{ dbt.hash(group_key([
            'source', 'kind', 'event_name', 'property', 'platform',
        ])) }} as unplanned_id,
        source,
        kind,
        event_name,
        property,
        platform,
        count(*) as event_count,
        substring(min(ranked_version), 36) as min_app_version,
        substring(max(ranked_version), 36) as max_app_version,
        {{ distinct_values('value_kind') }} as value_kinds,
        min(masked_value) as masked_sample,
        min(received_at) as first_seen_at,
        max(received_at) as last_seen_at
    from named_unplanned
    group by 1, 2, 3, 4, 5, 6
)

select * from registry
