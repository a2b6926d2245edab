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
        {{ mask_properties('properties') | indent(8) }} as masked_value
    from judged_events
    where outcome <> 'duplicate' and {{ list_contains('violations', "'unplanned_event'") }}
),

named_properties as (
    select
        judged_events.*,
        substring(warnings.warning, length('unplanned_property:') + 1) as property
    from judged_events
    cross join unnest(judged_events.warnings) as warnings (warning)
    where
        judged_events.outcome <> 'duplicate'
        and starts_with(warnings.warning, 'unplanned_property:')
),

property_values as (
    select
        *,
        {{ json_field_named('properties', 'property') | indent(8) }} as property_value
    from named_properties
),

unplanned_properties as (
    select
        source,
        'property' as kind,
        event_name,
        property,
        platform,
        app_version,
        received_at,
        {{ json_kind('property_value') | indent(8) }} as value_kind,
        {{ mask_text('property_value') | indent(8) }} as masked_value
    from property_values
),

unplanned as (
    select * from unplanned_events
    union all
    select * from unplanned_properties
),

{# The least and the greatest version stand behind their place in the order of versions. #}
named_unplanned as (
    select
        source,
        kind,
        {{ shown_name('event_name') | indent(8) }} as event_name,
        {{ shown_name('property') | indent(8) }} as property,
        {{ shown_name('platform') | indent(8) }} as platform,
        coalesce({{ version_rank('app_version') | indent(8) }}, repeat('~', 35))
        || {{ shown_name('app_version') | indent(8) }} as ranked_version,
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
