{#
    The shape of a text, without what it says: letters become a, digits 9, whatever is not ASCII a;
    spaces and punctuation stay. Null for null.
#}
{% macro mask_text(text) -%}
    {{ return(adapter.dispatch('mask_text', 'logmart')(text)) }}
{%- endmacro %}

{% macro default__mask_text(text) -%}
{{ replace_matches(replace_matches(text, '[A-Za-z]|[^\\x00-\\x7F]', 'a'), '[0-9]', '9') }}
{%- endmacro %}


{#
    A name that a log made up (an event's, a property's, a platform, a version), fit to be shown: as
    it is where it looks like a name, with its shape alone where it may be somebody's data: longer
    than 64 characters, of other characters than names have, with five digits in a row, or with what
    a UUID or a long hexadecimal number has. A version is mostly numbers and dots: that is found out
    first, being cheap.
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
    The JSON text of an object with its values masked: the names of its properties as shown_name()
    gives them, in their order, each with the shape of its value's JSON. What is no such object is
    masked as it stands.
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
