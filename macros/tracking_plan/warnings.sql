{#
    What is odd about an event without making it a bad one, as expressions that are null where there
    is nothing:

        before_since, after_until        its app version is outside the versions that the plan gives
        deprecated                       it is sent although the plan deprecates it
        before_since:x, after_until:x,   the same of a property that it carries
        deprecated:x

    in:  event_entry: since, until, deprecated of the event; properties of planned_properties()
    An app version that is absent or no version is outside of none.
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


{#- When an entry that is deprecated is sent nevertheless: none or one dict as version_limits(). -#}
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
