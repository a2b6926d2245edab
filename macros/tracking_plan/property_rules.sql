{#-
    The keys of a property's entry and their defaults. A test compares them with the grammar of
    logmart/plan/grammar.py.
-#}
{%- macro property_keys() -%}
    {{ return({
        'property': none, 'required': false, 'allowed': none, 'min': none, 'max': none,
        'pattern': none, 'personal_data': 'none', 'since': none, 'until': none, 'deprecated': none,
    }) }}
{%- endmacro -%}


{#- The values of an event's properties: a struct of JSON values by property name. -#}
{% macro property_values(properties) -%}
    {%- set fields = {} -%}
    {%- for property in properties -%}
        {%- do fields.update({property.property: 'json'}) -%}
    {%- endfor -%}
    {{ json_fields('properties', fields, is_json=true) if fields else 'null' }}
{%- endmacro %}


{#- The number of planned properties that an event has. JSON's null counts. -#}
{% macro present_count(properties) -%}
(
    0
    {%- for property in properties %}
    + case when {{ json_field('property_values', property.property) }} is not null then 1 else 0 end
    {%- endfor %}
)
{%- endmacro %}


{#
    The planned properties of an event in a form that is safe to show: the landed text where it
    contains only planned properties, no violation and no direct identifier; else a text made of the
    typed properties.
#}
{% macro planned_values(properties) -%}
{%- set fields = {} -%}
{%- for property in properties -%}
    {%- set value = logmart.shown_value(property) if property.data_type == 'varchar'
        else 'case when ' ~ property.column ~ ' is not null then '
        ~ json_field('property_values', property.property) ~ ' end' -%}
    {%- do fields.update({property.property: value}) -%}
{%- endfor -%}
case
    when judgement is not null or properties is null then properties
    {%- if not (properties | selectattr('is_direct_identifier') | list) %}
    when property_count > 0 and not has_others and {{ list_length('violations') }} = 0
        then properties
    {%- endif %}
    else {{ json_object(fields) | indent(4) }}
end
{%- endmacro %}


{#
    A typed property in a form that is safe to show: the keyed hash of a direct identifier, the
    shape of a text that breaks a rule, any other value unchanged.
#}
{% macro shown_value(property) -%}
{%- if property.is_direct_identifier -%}
case
    when judgement is null then {{ keyed_hash(property.column) | indent(4) }}
    else {{ property.column }}
end
{%- elif property.data_type == 'varchar' and (
    property.allowed is not none or property.pattern is not none
    or property.min is not none or property.max is not none
) -%}
case
    when {{ logmart.property_violation(property) | indent(4) }} is not null
        then {{ mask_text(property.column) | indent(8) }}
    else {{ property.column }}
end
{%- else -%}
{{ property.column }}
{%- endif -%}
{%- endmacro %}


{#
    The value of a property in its type; null where it is absent, JSON's null or of another type.

    A value is judged on its JSON type and never cast from another. "123", 1.5 and 1.0 are no
    bigint; "true" is no boolean; a whole number is a double too; NaN and a number out of range are
    no double; a timestamp is a string in ISO 8601 with an offset; a date is a string YYYY-MM-DD.
    The seed casting_verdicts lists every case, and a test compares this macro with it.
    A source whose option typed_as_text is set may send the text of a value instead
    (value_in_text()), and its option time_zone is that of timestamps without an offset.
#}
{% macro typed_value(property) -%}
{%- set value = json_field('property_values', property.property) -%}
{%- set text = json_text_of(value) -%}
{%- set source_name = logmart.source_of_model(model) -%}
{%- set time_zone = logmart.source_option(source_name, 'time_zone') -%}
{%- if logmart.source_option(source_name, 'typed_as_text')
    and property.data_type in ['bigint', 'double', 'boolean'] -%}
{{ logmart.value_in_text(value, property.data_type) }}
{%- elif property.data_type == 'varchar' -%}
case when {{ json_is(value, ['string']) }} then {{ text }} end
{%- elif property.data_type == 'bigint' -%}
case when {{ json_is(value, ['integer']) }} then {{ try_cast(text, 'bigint') }} end
{%- elif property.data_type == 'double' -%}
case when {{ json_is(value, ['integer', 'number']) }} then {{ finite_double(text) }} end
{%- elif property.data_type == 'boolean' -%}
case when {{ json_is(value, ['boolean']) }} then {{ text }} = 'true' end
{%- elif property.data_type == 'timestamp' -%}
case when {{ json_is(value, ['string']) }} then {{ utc_timestamp(text, time_zone) }} end
{%- elif property.data_type == 'date' -%}
case
    when
        {{ json_is(value, ['string']) }}
        and {{ matches_fully(text, '\\d{4}-\\d{2}-\\d{2}') }}
        then {{ try_cast(text, 'date') }}
end
{%- endif -%}
{%- endmacro %}


{#
    The value of a JSON value, or of a text that is written like one: a whole number; a number; true
    or false in any case, t, f, 1 or 0. Null for any other text.
#}
{% macro value_in_text(value, data_type) -%}
{%- set text = json_text_of(value) -%}
{%- if data_type == 'bigint' -%}
case
    when {{ json_is(value, ['integer', 'string']) }}
        and {{ matches_fully(text, '[-+]?[0-9]+') }} then {{ try_cast(text, 'bigint') }}
end
{%- elif data_type == 'double' -%}
case
    when {{ json_is(value, ['integer', 'number', 'string']) }}
        and {{ matches_fully(text, '[-+]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?') }}
        then {{ finite_double(text) }}
end
{%- else -%}
case
    when lower({{ text }}) in ('true', 't', '1') then true
    when lower({{ text }}) in ('false', 'f', '0') then false
end
{%- endif -%}
{%- endmacro %}


{#
    The violations of each property, as expressions that are null where there is none. Of several,
    the first in this order is returned: missing_required:x, wrong_type:x, placeholder_id:x (of a
    direct identifier), not_allowed:x, out_of_range:x, pattern_mismatch:x. A required property may
    be missing from app versions that its since and until exclude.
#}
{% macro property_violations(properties) -%}
    {%- set expressions = [] -%}
    {%- for property in properties -%}
        {%- do expressions.append(logmart.property_violation(property)) -%}
    {%- endfor -%}
    {{ return(expressions) }}
{%- endmacro %}


{% macro property_violation(property) -%}
{%- set value = json_field('property_values', property.property) -%}
{%- set quoted = property.data_type in ['varchar', 'timestamp', 'date'] -%}
{%- set exempt = logmart.version_limits(property) -%}
case
    when {{ property.column }} is null then
        case
            when {{ json_is_absent(value) }} then
                {%- if not property.required %} null
                {%- elif exempt %}
                case
                    when {{ exempt | map(attribute='condition') | join(' or ') }} then null
                    else {{ logmart.code('missing_required', property) }}
                end
                {%- else %} {{ logmart.code('missing_required', property) }}
                {%- endif %}
            else {{ logmart.code('wrong_type', property) }}
        end
    {%- if property.is_direct_identifier %}
    when {{ is_placeholder_id(property.column) }}
        then {{ logmart.code('placeholder_id', property) }}
    {%- endif %}
    {%- if property.allowed is not none %}
    when {{ property.column }} not in (
        {%- for value in property.allowed -%}
        {{ logmart.sql_string(value) if quoted else value }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    ) then {{ logmart.code('not_allowed', property) }}
    {%- endif %}
    {%- for operator, bound in [('<', property.min), ('>', property.max)] if bound is not none %}
    when {{ property.column }} {{ operator }} {{ logmart.sql_string(bound) if quoted else bound -}}
    {{ ' ' }}then {{ logmart.code('out_of_range', property) }}
    {%- endfor %}
    {%- if property.pattern is not none %}
    when not {{ matches_fully(property.column, property.pattern) }}
        then {{ logmart.code('pattern_mismatch', property) }}
    {%- endif %}
end
{%- endmacro %}


{#- A reason code: with the property's name where the entry is a property's, else without. -#}
{%- macro code(name, entry) -%}
{{ logmart.sql_string(name ~ (':' ~ entry.property if entry.property else '')) }}
{%- endmacro -%}
