{#
    A planned event: the whole of a stg_<source>__<event> model. The macro makes it from the model's
    own YAML, which is the event's entry in the tracking plan. event_keys() and property_keys() list
    what an entry may contain; docs/tracking-plan.md says what each key does.

    in:  event; reads base_<source>__events
    out: one row a landed line of the event, with duplicates and rejected ones: the columns of
         event_columns(); the typed properties, null where a value is absent or of another type; and
         the columns of judged_columns(). A direct identifier is judged as it landed and returned as
         its keyed hash. A text that breaks a rule is returned as its shape.
    Raises a compiler error that names the model where its entry is invalid. A dbt unit test cannot
    run such a model, because dbt hides the YAML of the model under test; tests/python/ tests the
    rules.
#}
{% macro planned_event(event) -%}
{%- set source_name = logmart.source_of_model(model) -%}
{{ config(enabled=source_name in var('sources')) }}
{%- set event_entry = logmart.planned_event_entry(model, event) -%}
{%- set properties = logmart.planned_properties(model) -%}
with landed_events as (
    select * from {{ ref('base_' ~ source_name ~ '__events') }}
    where event_name = {{ logmart.sql_string(event) }}
),

read_events as (
    select
        *,
        {{ logmart.property_values(properties) }} as property_values,
        {{ json_property_count('properties') | indent(8) }} as property_count,
        {{ version_rank('app_version') | indent(8) }} as version_rank
    from landed_events
),

typed_events as (
    select
        *,
        {%- for property in properties %}
        {{ logmart.typed_value(property) | indent(8) }} as {{ property.column }},
        {%- endfor %}
        property_count <> {{ logmart.present_count(properties) | indent(8) }} as has_others
    from read_events
),

described_events as (
    select
        *,
        case
            when judgement is not null then judgement.unplanned_properties
            when has_others then {{ unplanned_properties(
                'properties', properties | map(attribute='property') | list
            ) | indent(12) }}
            else {{ empty_list(unplanned_property_type()) }}
        end as unplanned_properties
    from typed_events
),

judged_events as (
    select
        *,
        {{ logmart.as_judged('violations', logmart.all_violations(
            logmart.property_violations(properties)
        )) | indent(8) }} as violations,
        {{ logmart.as_judged('warnings', concat_lists(
            concat_lists(
                'line_warnings', list_of_present(logmart.plan_warnings(event_entry, properties))
            ),
            unplanned_warnings('unplanned_properties'),
        )) | indent(8) }} as warnings
    from described_events
)

select
    {{ logmart.event_columns(logmart.planned_values(properties), event) | indent(4) }},
    {%- for property in properties %}
    {{ logmart.shown_value(property) | indent(4) }} as {{ property.column }},
    {%- endfor %}
    {{ logmart.judged_columns(
        event_entry.is_activity,
        logmart.plan_hash(source_name, event_entry, properties)
    ) | indent(4) }}
from judged_events
{%- endmacro %}


{#
    The events that no plan entry covers: the whole of a stg_<source>__unplanned_events model.

    in:  reads base_<source>__events
    out: as planned_event(), without properties; one row a landed line that is broken or whose event
         name is not planned, with the violation line_too_long, unreadable_line or unplanned_event
#}
{% macro unplanned_events() -%}
{%- set source_name = logmart.source_of_model(model) -%}
{{ config(enabled=source_name in var('sources')) }}
{%- set planned = var('planned_events')[source_name] -%}
with landed_events as (
    select * from {{ ref('base_' ~ source_name ~ '__events') }}
    where
        event_name is null
        or event_name not in (
            {%- for event in planned %}
            {{ logmart.sql_string(event) }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
),

judged_events as (
    select
        *,
        {{ empty_list(unplanned_property_type()) }} as unplanned_properties,
        {{ logmart.as_judged('violations', "case when "
            ~ list_contains('line_violations', "'erased'") ~ " then line_violations else "
            ~ logmart.all_violations([
                "case when not " ~ list_contains('line_violations', "'unreadable_line'")
                ~ " and not " ~ list_contains('line_violations', "'line_too_long'")
                ~ " then 'unplanned_event' end"
            ]) ~ " end"
        ) | indent(8) }} as violations,
        line_warnings as warnings
    from landed_events
)

select
    {{ logmart.event_columns('cast(null as varchar)') | indent(4) }},
    {{ logmart.judged_columns(false, logmart.plan_hash(source_name, none, planned)) | indent(4) }}
from judged_events
{%- endmacro %}


{#-
    The source of a staging model: the part of its name before the two underscores, without `stg_`.
-#}
{% macro source_of_model(model) -%}
    {{ return(model.name.split('__')[0].split('_', 1)[1]) }}
{%- endmacro %}
