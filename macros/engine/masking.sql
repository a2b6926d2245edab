{#
    Returns the shape of a text: letters and characters that are not ASCII become a, digits become
    9, spaces and punctuation stay. Null for null.
#}
{% macro mask_text(text) -%}
    {{ return(adapter.dispatch('mask_text', 'logmart')(text)) }}
{%- endmacro %}

{% macro default__mask_text(text) -%}
{{ replace_matches(replace_matches(text, '[A-Za-z]|[^\\x00-\\x7F]', 'a'), '[0-9]', '9') }}
{%- endmacro %}


{#
    Returns a name that a sender made up (of an event or a property, a platform, a version) in a
    form that is safe to show. A text that looks like a name stays. A text that may be personal data
    becomes its shape: more than 64 characters, a character that names do not have, five digits in a
    row, or a part of a UUID or of a long hexadecimal number.
#}
{% macro shown_name(text) -%}
    {{ return(adapter.dispatch('shown_name', 'logmart')(text)) }}
{%- endmacro %}

{% macro default__shown_name(text) -%}
case
    when
        {{ matches_fully(text, '[A-Za-z0-9_.$ -]{0,64}') }}
        and not {{ text_matches(
            text, '[0-9]{5}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-|[0-9A-Fa-f]{16}'
        ) }}
        then {{ text }}
    else {{ mask_text(text) }}
end
{%- endmacro %}


{#
    Returns the JSON text of an object with masked values. The properties keep their order; each has
    the name that shown_name() returns and the shape of its value's JSON. A text that is not a JSON
    object is masked as a whole.
#}
{% macro mask_properties(text) -%}
    {{ return(adapter.dispatch('mask_properties', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__mask_properties(text) -%}
coalesce(
    '{' || array_to_string(
        list_transform(
            map_entries(try(json_transform({{ text }}, '"MAP(VARCHAR, JSON)"'))),
            lambda entry: '"' || {{ shown_name('entry.key') }} || '": '
            || coalesce({{ mask_text('cast(entry.value as varchar)') }}, 'null')
        ),
        ', '
    ) || '}',
    {{ mask_text(text) }}
)
{%- endmacro %}

{% macro trino__mask_properties(text) -%}
{%- set body -%}
case
        when {{ logmart.trino__is_object_text('object') }}
            then '{' || array_join(
                transform(
                    {{ logmart.trino__json_names('object') | indent(20) }},
                    name -> '"' || {{ shown_name('name') | indent(20) }} || '": '
                    || coalesce({{ mask_text(json_field_named('object', 'name')) }}, 'null')
                ),
                ', '
            ) || '}'
    end
{%- endset -%}
coalesce(
    {{ logmart.trino__once(logmart.trino__standard_json(text), 'object', body) }},
    {{ mask_text(text) }}
)
{%- endmacro %}
