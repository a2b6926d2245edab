{#
    A planned event: the whole of a stg_<source>__<event> model, made from the model's own YAML, its
    entry in the tracking plan.

    The model's config.meta may hold
        event         the event's name; it must be the one this macro is given
        is_activity   false for an event that is not something its user did (default true)
        since, until  first and last app version that sends it
    and each column's config.meta
        property      the property's name in the log; the column's data_type is its type: varchar,
                      bigint, double, boolean, timestamp or date
        required      true: a value must be there
        allowed       list of the values it may have
        min, max      its range, both ends included
        pattern       a regular expression that the whole value matches

    in:  event; reads base_<source>__events
    out: one row a landed line of the event, duplicates and rejected ones too: the columns of the
         base model; the typed properties, null where a value is absent or of another type; and what
         judged_columns() lists
    Stops, naming the model, on an entry that it cannot read. A dbt unit test cannot run such a
    model: dbt hides the YAML of the model under test from it. The tests of the rules are in
    tests/python/.
#}
{% macro planned_event(event) -%}
{%- set source_name = logmart.source_of_model(model) -%}
{{ config(enabled=source_name in var('sources')) }}
{%- set properties = logmart.planned_properties(model, event) -%}
with landed_events as (
    select * from {{ ref('base_' ~ source_name ~ '__events') }}
    where event_name = {{ logmart.sql_string(event) }}
),

read_events as (
    select
        *,
        {{ logmart.property_values(properties) }} as property_values
    from landed_events
),

typed_events as (
    select
        *
        {%- for property in properties %},
        {{ logmart.typed_value(property) | indent(8) }} as {{ property.column }}
        {%- endfor %}
    from read_events
),

judged_events as (
    select
        *,
        {{ logmart.all_violations(
            logmart.property_violations(properties)
        ) | indent(8) }} as violations
    from typed_events
)

select
    {{ logmart.base_columns() | join(',\n    ') }},
    {%- for property in properties %}
    {{ property.column }},
    {%- endfor %}
    {{ logmart.judged_columns(
        model.config.meta.get('is_activity', true), logmart.plan_hash(event, properties)
    ) | indent(4) }}
from judged_events
{%- endmacro %}


{#
    What no planned event takes: the whole of a stg_<source>__unplanned_events model.

    in:  reads base_<source>__events
    out: as planned_event(), without properties; one row a landed line that is broken or whose event
         name is not in the plan, with the violation unreadable_line or unplanned_event
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
        {{ logmart.all_violations([
            "case when not " ~ list_contains('line_violations', "'unreadable_line'")
            ~ " then 'unplanned_event' end"
        ]) | indent(8) }} as violations
    from landed_events
)

select
    {{ logmart.base_columns() | join(',\n    ') }},
    {{ logmart.judged_columns(false, logmart.plan_hash(none, planned)) | indent(4) }}
from judged_events
{%- endmacro %}


{#- The source of a staging model: what its name says before the two underscores. -#}
{% macro source_of_model(model) -%}
    {{ return(model.name.split('__')[0].split('_', 1)[1]) }}
{%- endmacro %}


{#-
    The columns that every event model ends in, whatever its properties: what a union of events
    takes.
-#}
{% macro judged_event_columns() -%}
    {{ return(logmart.base_columns() + [
        'is_activity', 'is_late', 'violations', 'is_valid', 'plan_hash',
    ]) }}
{%- endmacro %}


{#- The columns that an event model passes on from its base. -#}
{% macro base_columns() -%}
    {{ return([
        'event_id', 'event_name', 'source', 'user_id', 'device_id', 'occurred_at', 'received_at',
        'landed_date', 'landing_file', 'line_number', 'platform', 'app_version', 'is_bot',
        'is_duplicate', 'properties', 'raw_line', 'load_number',
    ]) }}
{%- endmacro %}


{#-
    The columns that every judged event ends in, from a CTE with `violations`:
        is_activity  whether it is something its user did
        is_late      received more than late_after_hours after it occurred
        violations   reason codes (varchar[]), empty for a valid event
        is_valid     whether there are none
        plan_hash    hash of the plan entry that it was judged by
-#}
{% macro judged_columns(is_activity, plan_hash) -%}
{{ is_activity | lower }} as is_activity,
coalesce(
    received_at > occurred_at + interval '{{ var("late_after_hours") }}' hour, false
) as is_late,
violations,
{{ list_length('violations') }} = 0 as is_valid,
'{{ plan_hash }}' as plan_hash
{%- endmacro %}


{#- The violations of the line itself, of its times, and those given as expressions. -#}
{% macro all_violations(expressions) -%}
{%- set of_times = [
    "case when occurred_at > received_at + interval '" ~ var('future_tolerance_minutes')
    ~ "' minute then 'future_time' end",
    "case when occurred_at < landed_date - interval '" ~ var('horizon_days')
    ~ "' day then 'too_late' end",
] -%}
{{ concat_lists('line_violations', list_of_present(of_times + expressions)) }}
{%- endmacro %}


{%- macro plan_hash(event, entries) -%}
    {%- set rules = [
        var('horizon_days'), var('future_tolerance_minutes'), var('late_after_hours'),
    ] -%}
    {{ return(local_md5(tojson(
        {'event': event, 'entries': entries, 'rules': rules}, sort_keys=true
    ))) }}
{%- endmacro -%}
