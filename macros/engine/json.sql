{#
    Fields of a JSON object, read in one pass.

    in:  text: an expression, JSON text or any other; fields: field name -> varchar or json
    out: a struct of the fields: null for text that is not a JSON object, and for a field that is
         absent or JSON's null when it is read as varchar; a field read as json keeps JSON's null
#}
{% macro json_fields(text, fields) -%}
    {{ return(adapter.dispatch('json_fields', 'logmart')(text, fields)) }}
{%- endmacro %}

{% macro duckdb__json_fields(text, fields) -%}
case
    when starts_with(ltrim({{ text }}), '{')
        then try(json_transform({{ text }}, '{{ tojson(fields) | replace("'", "''") }}'))
end
{%- endmacro %}


{#
    One field of what json_fields() returned.
#}
{% macro json_field(fields, name) -%}
    {{ return(adapter.dispatch('json_field', 'logmart')(fields, name)) }}
{%- endmacro %}

{% macro duckdb__json_field(fields, name) -%}
{{ fields }}."{{ name | replace('"', '""') }}"
{%- endmacro %}


{#
    Whether a value read as json is of one of the JSON types given: string, integer, number,
    boolean. A number is one that is not written as an integer: 1.5, 1.0, 1e3. False for JSON's
    null, null for a value that is absent.
#}
{% macro json_is(value, types) -%}
    {{ return(adapter.dispatch('json_is', 'logmart')(value, types)) }}
{%- endmacro %}

{% macro duckdb__json_is(value, types) -%}
    {%- set engine_types = {
        'string': ["'VARCHAR'"],
        'integer': ["'BIGINT'", "'UBIGINT'"],
        'number': ["'DOUBLE'"],
        'boolean': ["'BOOLEAN'"],
    } -%}
json_type({{ value }}) in (
    {%- for type in types -%}
    {{ engine_types[type] | join(', ') }}{{ ', ' if not loop.last }}
    {%- endfor -%}
)
{%- endmacro %}


{#
    Whether a value read as json is absent or JSON's null.
#}
{% macro json_is_absent(value) -%}
    {{ return(adapter.dispatch('json_is_absent', 'logmart')(value)) }}
{%- endmacro %}

{% macro duckdb__json_is_absent(value) -%}
coalesce(json_type({{ value }}), 'NULL') = 'NULL'
{%- endmacro %}


{#
    The text of a JSON value: a string without its quotes and escapes, anything else as it is
    written.
#}
{% macro json_text_of(value) -%}
    {{ return(adapter.dispatch('json_text_of', 'logmart')(value)) }}
{%- endmacro %}

{% macro duckdb__json_text_of(value) -%}
({{ value }} ->> '$')
{%- endmacro %}


{#
    A cast that returns null where the text is out of the type's range or no such value.
#}
{% macro try_cast(text, type) -%}
    {{ return(adapter.dispatch('try_cast', 'logmart')(text, type)) }}
{%- endmacro %}

{% macro duckdb__try_cast(text, type) -%}
try_cast({{ text }} as {{ type }})
{%- endmacro %}


{#
    Whether text is one JSON object and nothing else; never null for text that is not.
#}
{% macro is_json_object(text) -%}
    {{ return(adapter.dispatch('is_json_object', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__is_json_object(text) -%}
(starts_with(ltrim({{ text }}), '{') and json_valid({{ text }}))
{%- endmacro %}


{#
    The text of one field of a JSON object, its name an expression; null where there is none, and
    for text that is not a JSON object.
#}
{% macro json_text_at(text, field) -%}
    {{ return(adapter.dispatch('json_text_at', 'logmart')(text, field)) }}
{%- endmacro %}

{% macro duckdb__json_text_at(text, field) -%}
try(json_extract_string({{ text }}, '$."' || {{ field }} || '"'))
{%- endmacro %}
