{#
    A planned event: the whole of a stg_<source>__<event> model, made from the model's own YAML, its
    entry in the tracking plan.

    What its config.meta and those of its columns may hold is event_keys() and property_keys(); what
    each key does is in docs/tracking-plan.md.

    in:  event; reads base_<source>__events
    out: one row a landed line of the event, duplicates and rejected ones too: what event_columns()
         lists; the typed properties, null where a value is absent or of another type; and what
         judged_columns() lists. A direct identifier is judged as it landed and passed on as its
         keyed hash; a text that breaks a rule is passed on as its shape.
    Stops, naming the model, on an entry that it cannot read. A dbt unit test cannot run such a
    model: dbt hides the YAML of the model under test from it. The tests of the rules are in
    tests/python/.
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
            else {{ no_unplanned_properties() }}
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
    {{ logmart.event_columns(logmart.planned_values(properties)) | indent(4) }},
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
    What no planned event takes: the whole of a stg_<source>__unplanned_events model.

    in:  reads base_<source>__events
    out: as planned_event(), without properties; one row a landed line that is broken or whose event
         name is not in the plan, with the violation line_too_long, unreadable_line or
         unplanned_event
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
        {{ no_unplanned_properties() }} as unplanned_properties,
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


{#- The source of a staging model: what its name says before the two underscores. -#}
{% macro source_of_model(model) -%}
    {{ return(model.name.split('__')[0].split('_', 1)[1]) }}
{%- endmacro %}


{#-
    The columns that every event model ends in, whatever its properties: what a union of events
    takes.
-#}
{% macro judged_event_columns() -%}
    {{ return([
        'event_id', 'event_name', 'source', 'user_id', 'device_id', 'occurred_at', 'received_at',
        'landed_date', 'landing_file', 'line_number', 'platform', 'app_version', 'is_bot',
        'is_duplicate', 'properties', 'masked_properties', 'unplanned_properties', 'masked_line',
        'load_number', 'is_activity', 'is_late', 'violations', 'warnings', 'is_valid', 'plan_hash',
    ]) }}
{%- endmacro %}


{#-
    What an event model passes on from its base, from a CTE with `violations`, `warnings` and
    `unplanned_properties`: nothing that landed as free text.
        properties            JSON text of the planned properties that are of their type
        masked_properties     names and shapes of all that it carries, of an event with violations
        unplanned_properties  what unplanned_properties() gives
        masked_line           the shape of a line that could not be read
    event_name, platform and app_version are as shown_name() gives them; received_at is none of a
    clock that runs ahead (bounded_received_at()).
-#}
{% macro event_columns(planned_values) -%}
event_id,
{{ shown_name('event_name') }} as event_name,
source,
user_id,
device_id,
occurred_at,
{{ logmart.bounded_received_at() }} as received_at,
landed_date,
landing_file,
line_number,
{{ shown_name('platform') }} as platform,
{{ shown_name('app_version') }} as app_version,
is_bot,
is_duplicate,
{{ planned_values }} as properties,
{{ logmart.as_judged('masked_properties', "case when " ~ list_length('violations') ~ " > 0 then "
    ~ mask_properties('properties') ~ " end") }} as masked_properties,
unplanned_properties,
{{ logmart.as_judged('masked_line', mask_text('raw_line')) }} as masked_line,
load_number
{%- endmacro %}


{#- What was found when the text was read where it is emptied, and an expression elsewhere. -#}
{% macro as_judged(field, expression) -%}
case
    when judgement is not null then judgement.{{ field }}
    else {{ expression | indent(4) }}
end
{%- endmacro %}


{#-
    The columns that every judged event ends in, from a CTE with `violations` and `warnings`:
        is_activity  whether it is something its user did
        is_late      received more than late_after_hours after it occurred, by bounded_received_at()
        violations   reason codes (varchar[]), empty for a valid event
        warnings     what is odd about it and rejects nothing (varchar[]): plan_warnings(), and
                     unplanned_property:x of each property that the plan does not know
        is_valid     whether there are no violations
        plan_hash    hash of the plan entry that it was judged by
        is_outdated  whether that is not the entry of today: its text is emptied, and cannot be
                     judged again
-#}
{% macro judged_columns(is_activity, plan_hash) -%}
{{ is_activity | lower }} as is_activity,
coalesce(
    {{ logmart.bounded_received_at() | indent(4) }}
    > occurred_at + interval '{{ var("late_after_hours") }}' hour,
    false
) as is_late,
violations,
warnings,
{{ list_length('violations') }} = 0 as is_valid,
{{ logmart.as_judged('plan_hash', "'" ~ plan_hash ~ "'") }} as plan_hash,
coalesce(judgement.plan_hash <> '{{ plan_hash }}', false) as is_outdated
{%- endmacro %}


{#- The violations of the line itself, of its times, and those given as expressions. -#}
{% macro all_violations(expressions) -%}
{%- set of_times = [
    "case when occurred_at > received_at + interval '" ~ var('future_tolerance_minutes')
    ~ "' minute then 'future_time' end",
    "case when " ~ logmart.is_received_ahead() ~ " then 'future_received' end",
    "case when occurred_at < landed_date - interval '" ~ var('horizon_days')
    ~ "' day or occurred_at < received_at - interval '" ~ (var('horizon_days') + 1)
    ~ "' day then 'too_late' end",
] -%}
{{ concat_lists('line_violations', list_of_present(of_times + expressions)) }}
{%- endmacro %}


{#-
    Whether an event says that it was received after its partition, the day of its arrival, had
    ended. One that was received long before it landed, as in a backfill, is right.
-#}
{% macro is_received_ahead() -%}
received_at > cast(landed_date as timestamp) + interval '1' day
+ interval '{{ var("future_tolerance_minutes") }}' minute
{%- endmacro %}


{#- When an event was received; of one that says so of a time to come, the end of its partition. -#}
{% macro bounded_received_at() -%}
case
    when {{ logmart.is_received_ahead() | indent(4) }}
        then cast(landed_date + interval '1' day as timestamp)
    else received_at
end
{%- endmacro %}


{%- macro plan_hash(source_name, event, entries) -%}
    {%- set rules = [
        var('horizon_days'), var('future_tolerance_minutes'), var('late_after_hours'),
        var('business_time_zone'),
    ] -%}
    {{ return(local_md5(tojson(
        {'source': source_name, 'event': event, 'entries': entries, 'rules': rules},
        sort_keys=true
    ))) }}
{%- endmacro -%}


{#- The hash of an event model's entry in the plan of today, without a look at its rows. -#}
{% macro plan_hash_of(source_name, event_model) -%}
    {%- set node = graph.nodes['model.logmart.' ~ event_model] -%}
    {%- if event_model.endswith('__unplanned_events') -%}
        {{ return(logmart.plan_hash(source_name, none, var('planned_events')[source_name])) }}
    {%- endif -%}
    {{ return(logmart.plan_hash(
        source_name,
        logmart.planned_event_entry(node, node.config.meta.event),
        logmart.planned_properties(node)
    )) }}
{%- endmacro %}
