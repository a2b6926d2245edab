{#-
    The columns that event models have in common, whatever their properties: those that a union of
    events selects.
-#}
{% macro judged_event_columns() -%}
    {{ return(canonical_columns() + [
        'masked_properties', 'unplanned_properties', 'masked_line', 'load_number', 'is_activity',
        'is_late', 'violations', 'warnings', 'is_valid', 'plan_hash',
    ]) }}
{%- endmacro %}


{#-
    The columns that an event model selects from its base, without landed text. Reads a CTE with
    violations, warnings and unplanned_properties. Differs from the base:
        event_name, platform, app_version   as shown_name() returns them; the name of a planned
                              `event` as the plan has it
        received_at           bounded_received_at()
        properties            JSON text of the planned properties whose values have the planned type
        masked_properties     names and shapes of all properties, of an event with violations
        unplanned_properties  as unplanned_properties() returns them
        masked_line           the shape of an unreadable line
-#}
{% macro event_columns(planned_values, event=none) -%}
{%- set shown = {
    'event_name': 'cast(' ~ logmart.sql_string(event) ~ ' as varchar)' if event
        else shown_name('event_name'),
    'received_at': logmart.bounded_received_at(),
    'platform': shown_name('platform'),
    'app_version': shown_name('app_version'),
    'properties': planned_values,
} -%}
{%- for column in canonical_columns() -%}
{{ shown[column] ~ ' as ' if column in shown }}{{ column }},
{% endfor -%}
{{ logmart.as_judged('masked_properties', "case when " ~ list_length('violations') ~ " > 0 then "
    ~ mask_properties('properties') ~ " end") }} as masked_properties,
unplanned_properties,
{{ logmart.as_judged('masked_line', mask_text('raw_line')) }} as masked_line,
load_number
{%- endmacro %}


{#- The stored judgement of a row whose text was emptied; the given expression for other rows. -#}
{% macro as_judged(field, expression) -%}
case
    when judgement is not null then judgement.{{ field }}
    else {{ expression | indent(4) }}
end
{%- endmacro %}


{#-
    The columns that every judged event ends in, from a CTE with violations and warnings:
        is_activity  whether the event is an activity of its user
        is_late      whether bounded_received_at() is more than late_after_hours after it occurred
        violations   reason codes (varchar[]), empty for a valid event
        warnings     codes that do not reject the event (varchar[]): plan_warnings(), and
                     unplanned_property:x for each property that is not planned
        is_valid     whether there are no violations
        plan_hash    hash of the plan entry that the event was judged by
        is_outdated  whether that is not the current entry; the event cannot be judged again,
                     because its text was emptied
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


{#-
    The violations of the line, of its times, and those given as expressions. An event of a file
    that is declared history (is_history()) may be older than the horizon when it lands.
-#}
{% macro all_violations(expressions) -%}
{%- set source_name = logmart.source_of_model(model) -%}
{%- set of_times = [
    "case when occurred_at > received_at + interval '" ~ var('future_tolerance_minutes')
    ~ "' minute then 'future_time' end",
    "case when " ~ logmart.is_received_ahead() ~ " then 'future_received' end",
    "case when " ~ ("not (" ~ logmart.is_history(source_name, 'landed_date') ~ ") and "
    if logmart.source_option(source_name, 'history_until') else '')
    ~ "occurred_at < landed_date - interval '" ~ var('horizon_days')
    ~ "' day or occurred_at < received_at - interval '" ~ (var('horizon_days') + 1)
    ~ "' day then 'too_late' end",
] -%}
{{ concat_lists('line_violations', list_of_present(of_times + expressions)) }}
{%- endmacro %}


{#-
    Whether received_at is after the end of the landed date, with a tolerance. The reverse is
    allowed: a backfill lands long after it was received.
-#}
{% macro is_received_ahead() -%}
received_at > cast(landed_date as timestamp) + interval '1' day
+ interval '{{ var("future_tolerance_minutes") }}' minute
{%- endmacro %}


{#- received_at, but the end of the landed date where is_received_ahead(). -#}
{% macro bounded_received_at() -%}
case
    when {{ logmart.is_received_ahead() | indent(4) }}
        then cast(landed_date + interval '1' day as timestamp)
    else received_at
end
{%- endmacro %}
