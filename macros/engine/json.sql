{#
    Reads fields of a JSON object in one pass.

    in:  text: an expression, JSON text or any other text
         fields: field name -> `varchar`, `json` or another scalar type
         is_json: true where the text is known to be null or valid JSON and need not be validated
    out: a struct of the fields. It is null where the text is not a JSON object. A field is null
         where the object lacks it, and where it is read as varchar and is JSON's null. A field that
         is read as json and is JSON's null stays JSON's null on Trino and becomes null on DuckDB;
         json_is_absent() is true for both.
#}
{% macro json_fields(text, fields, is_json=false) -%}
    {{ return(adapter.dispatch('json_fields', 'logmart')(text, fields, is_json)) }}
{%- endmacro %}

{% macro duckdb__json_fields(text, fields, is_json) -%}
{#- Where one text fails, `try` evaluates its whole vector row by row: few texts may get there. -#}
case
    when starts_with(ltrim({{ text }}), '{') {{ 'and json_valid(' ~ text ~ ')' if not is_json }}
        then try(json_transform({{ text }}, '{{ tojson(fields) | replace("'", "''") }}'))
end
{%- endmacro %}

{% macro trino__json_fields(text, fields, is_json) -%}
{%- set values, types = [], [] -%}
{%- for name, type in fields.items() -%}
    {%- set value = 'json_extract(object, ' ~ logmart.trino__json_path(name) ~ ')' -%}
    {%- do types.append('"' ~ name | replace('"', '""') ~ '" ' ~ type) -%}
    {%- if type == 'json' -%}
        {%- do values.append(value) -%}
    {%- elif type == 'varchar' -%}
        {%- do values.append(logmart.trino__json_scalar(value)) -%}
    {%- else -%}
        {%- do values.append('try_cast(' ~ logmart.trino__json_scalar(value) ~ ' as ' ~ type ~ ')')
        -%}
    {%- endif -%}
{%- endfor -%}
{%- set body -%}
case
        when {{ logmart.trino__is_object_text('object') }}
            then cast(row({{ values | join(', ') }}) as row({{ types | join(', ') }}))
    end
{%- endset -%}
{{ logmart.trino__once(logmart.trino__standard_json(text), 'object', body) }}
{%- endmacro %}


{#
    Returns one field of the struct that json_fields() returned.
#}
{% macro json_field(fields, name) -%}
    {{ return(adapter.dispatch('json_field', 'logmart')(fields, name)) }}
{%- endmacro %}

{% macro default__json_field(fields, name) -%}
{{ fields }}."{{ name | replace('"', '""') }}"
{%- endmacro %}


{#
    Whether a value that was read as json has one of the given JSON types: string, integer, number,
    boolean. `number` means a number that is not written as an integer: 1.5, 1.0, 1e3. The result is
    false or null for JSON's null and for an absent value.
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

{% macro trino__json_is(value, types) -%}
{%- set forms = {
    'string': '".*', 'integer': '-?[0-9]+\\z', 'number': '-?[0-9.]+[.eE][0-9.eE+-]*',
    'boolean': 'true|false',
} -%}
{%- set wanted = [] -%}
{%- for type in types -%}{%- do wanted.append(forms[type]) -%}{%- endfor -%}
regexp_like(json_format({{ value }}), '\A(?:{{ wanted | join("|") }})')
{%- endmacro %}


{#
    Whether a value that was read as json is absent or JSON's null.
#}
{% macro json_is_absent(value) -%}
    {{ return(adapter.dispatch('json_is_absent', 'logmart')(value)) }}
{%- endmacro %}

{% macro duckdb__json_is_absent(value) -%}
coalesce(json_type({{ value }}), 'NULL') = 'NULL'
{%- endmacro %}

{% macro trino__json_is_absent(value) -%}
coalesce(json_format({{ value }}), 'null') = 'null'
{%- endmacro %}


{#
    Returns the JSON text of a value that was read as json. A string keeps its quotes and escapes.
#}
{% macro json_text(value) -%}
    {{ return(adapter.dispatch('json_text', 'logmart')(value)) }}
{%- endmacro %}

{% macro default__json_text(value) -%}
cast({{ value }} as varchar)
{%- endmacro %}

{#- Trino escapes characters outside of the basic plane: the pairs become characters again. -#}
{% macro trino__json_text(value) -%}
{%- set pair = '\\\\u(D[89AB][0-9A-F]{2})\\\\u(D[C-F][0-9A-F]{2})' -%}
regexp_replace(
    json_format({{ value }}), '{{ pair }}',
    pair -> chr(
        65536 + 1024 * (from_base(pair[1], 16) - 55296) + from_base(pair[2], 16) - 56320
    )
)
{%- endmacro -%}


{#
    Returns the text of a value that was read as json: a string without its quotes and escapes, any
    other value as it is written.
#}
{% macro json_text_of(value) -%}
    {{ return(adapter.dispatch('json_text_of', 'logmart')(value)) }}
{%- endmacro %}

{% macro duckdb__json_text_of(value) -%}
({{ value }} ->> '$')
{%- endmacro %}

{% macro trino__json_text_of(value) -%}
coalesce(json_extract_scalar({{ value }}, '$'), {{ logmart.trino__json_text(value) }})
{%- endmacro %}


{#
    Returns the text of one field of a JSON object; null where the object lacks the field, and where
    the text is not a JSON object.

    in:  text: JSON text; field: an expression, the field's name
#}
{% macro json_text_at(text, field) -%}
    {{ return(adapter.dispatch('json_text_at', 'logmart')(text, field)) }}
{%- endmacro %}

{% macro duckdb__json_text_at(text, field) -%}
try(json_extract_string({{ text }}, '$."' || {{ field }} || '"'))
{%- endmacro %}

{% macro trino__json_text_at(text, field) -%}
{{ logmart.trino__once(
    logmart.trino__standard_json(text), 'object',
    'case when ' ~ logmart.trino__is_object_text('object') ~ ' then '
    ~ logmart.trino__json_scalar(
        'json_extract(object, ' ~ logmart.trino__json_path_of(field) ~ ')'
    ) ~ ' end'
) }}
{%- endmacro %}


{#
    Returns the JSON text of one field of a JSON object; null where the object lacks the field.

    in:  text: JSON text; name: an expression, the field's name
#}
{% macro json_field_named(text, name) -%}
    {{ return(adapter.dispatch('json_field_named', 'logmart')(text, name)) }}
{%- endmacro %}

{% macro duckdb__json_field_named(text, name) -%}
cast(list_extract(
    map_extract(try(json_transform({{ text }}, '"MAP(VARCHAR, JSON)"')), {{ name }}), 1
) as varchar)
{%- endmacro %}

{% macro trino__json_field_named(text, name) -%}
nullif({{ logmart.trino__json_text(
    'json_extract(' ~ text ~ ', ' ~ logmart.trino__json_path_of(name) ~ ')'
) }}, 'null')
{%- endmacro %}


{#
    Returns the kind of a JSON text: string, number, boolean, object, array or null.
#}
{% macro json_kind(value) -%}
    {{ return(adapter.dispatch('json_kind', 'logmart')(value)) }}
{%- endmacro %}

{% macro duckdb__json_kind(value) -%}
case try(json_type({{ value }}))
    when 'VARCHAR' then 'string'
    when 'BIGINT' then 'number'
    when 'UBIGINT' then 'number'
    when 'DOUBLE' then 'number'
    when 'BOOLEAN' then 'boolean'
    when 'OBJECT' then 'object'
    when 'ARRAY' then 'array'
    else 'null'
end
{%- endmacro %}

{% macro trino__json_kind(value) -%}
case
    when starts_with({{ value }}, '"') then 'string'
    when regexp_like({{ value }}, '^[-0-9]') then 'number'
    when {{ value }} in ('true', 'false') then 'boolean'
    when starts_with({{ value }}, '{') then 'object'
    when starts_with({{ value }}, '[') then 'array'
    else 'null'
end
{%- endmacro %}


{#
    Whether a text is exactly one JSON object. The result is false, never null, for other text.
#}
{% macro is_json_object(text) -%}
    {{ return(adapter.dispatch('is_json_object', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__is_json_object(text) -%}
(starts_with(ltrim({{ text }}), '{') and json_valid({{ text }}))
{%- endmacro %}

{% macro trino__is_json_object(text) -%}
coalesce({{ logmart.trino__once(
    logmart.trino__standard_json(text), 'object', logmart.trino__is_object_text('object')
) }}, false)
{%- endmacro %}


{#
    Returns the number of properties of a JSON object, counting a repeated name each time; 0 for a
    text that is not a JSON object.
#}
{% macro json_property_count(text) -%}
    {{ return(adapter.dispatch('json_property_count', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__json_property_count(text) -%}
coalesce(len(try(json_keys({{ text }}))), 0)
{%- endmacro %}

{% macro trino__json_property_count(text) -%}
coalesce({{ logmart.trino__once(
    logmart.trino__standard_json(text), 'object',
    "case when " ~ logmart.trino__is_object_text('object') ~ " then json_size(object, '$') end"
) }}, 0)
{%- endmacro %}


{#
    Returns the JSON text of an object.

    in:  fields: property name -> an expression, either a text or a value that was read as json;
         null becomes JSON's null
#}
{% macro json_object(fields) -%}
    {{ return(adapter.dispatch('json_object', 'logmart')(fields)) }}
{%- endmacro %}

{% macro duckdb__json_object(fields) -%}
cast(json_object(
    {%- for name, value in fields.items() -%}
    {{ logmart.sql_string(name) }}, {{ value }}{{ ', ' if not loop.last }}
    {%- endfor -%}
) as varchar)
{%- endmacro %}

{% macro trino__json_object(fields) -%}
'{'
{%- for name, value in fields.items() %}
|| {{ logmart.sql_string(tojson(name) ~ ':') }}
|| coalesce({{ logmart.trino__json_text('cast(' ~ value ~ ' as json)') }}, 'null')
{{- " || ','" if not loop.last }}
{%- endfor %}
|| '}'
{%- endmacro %}
