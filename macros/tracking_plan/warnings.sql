{#
    The warnings of an event, as expressions that are null where there is none. A warning does not
    reject the event:

        before_since, after_until        the app version is outside of the planned versions
        deprecated                       the event is sent although the plan deprecates it
        before_since:x, after_until:x,   the same for a property that the event has
        deprecated:x

    in:  event_entry: since, until, deprecated of the event; properties: as planned_properties()
         returns
    An event without a valid app version has none of the warnings about versions.
#}
{% macro plan_warnings(event_entry, properties) -%}
    {%- set expressions = [] -%}
    {%- for entry in [event_entry] + properties -%}
        {%- set limits = logmart.version_limits(entry) + logmart.deprecations(entry) -%}
        {%- for limit in limits -%}
            {%- set condition = '(' ~ limit.condition ~ ')' -%}
            {%- if entry.property -%}
                {%- set value = json_field('property_values', entry.property) -%}
                {%- set condition = condition ~ ' and not ' ~ json_is_absent(value) -%}
            {%- endif -%}
            {%- do expressions.append(
                'case when ' ~ condition ~ ' then ' ~ logmart.code(limit.code, entry) ~ ' end'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(expressions) }}
{%- endmacro %}


{#-
    The condition under which a deprecated entry is sent: a list of at most one dict of code,
    condition.
-#}
{% macro deprecations(entry) -%}
    {%- set conditions = [] -%}
    {%- if entry.deprecated and entry.deprecated.since -%}
        {%- do conditions.append(logmart.version_condition('>=', entry.deprecated.since)) -%}
    {%- endif -%}
    {%- if entry.deprecated and entry.deprecated.date -%}
        {%- do conditions.append(
            "coalesce(" ~ business_date('occurred_at') ~ " >= cast("
            ~ logmart.sql_string(entry.deprecated.date) ~ " as date), false)"
        ) -%}
    {%- endif -%}
    {{ return(
        [{'code': 'deprecated', 'condition': conditions | join(' or ')}] if conditions else []
    ) }}
{%- endmacro %}
