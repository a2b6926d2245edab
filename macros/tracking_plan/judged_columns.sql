{#-
    The columns that every event model ends in, whatever its properties: what a union of events
    takes.
-#}
{% macro judged_event_columns() -%}
    {{ return(canonical_columns() + [
        'masked_properties', 'unplanned_properties', 'masked_line', 'load_number', 'is_activity',
        'is_late', 'violations', 'warnings', 'is_valid', 'plan_hash',
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
{%- set shown = {
    'event_name': shown_name('event_name'),
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
