{#-
    JSON text as the standard has it. DuckDB reads what no JSON number may be (NaN, Infinity, one
    past the range of a double) and a comma before a closing bracket; a lone half of a surrogate
    pair it does not read. Trino reads the reverse. Those numbers become an empty list: whatever
    type is asked for, a list is none of it.
-#}
{%- macro trino__standard_json(text) -%}
case
    when
        regexp_like({{ text }}, '[^"a-zA-Z](?:[nN][aA][nN]|[iI][nN][fF])')
        or regexp_like({{ text }}, '(?:^|[:,\[\s])-?[0-9.]+[eE]\+?[0-9]{3}')
        or regexp_like({{ text }}, ',\s*[]}]')
        or regexp_like({{ text }}, '\\u[dD][89a-fA-F]')
        then case
            when not regexp_like(
                {{ text }},
                '(?i)(?<!\\)(?:\\\\)*(?:\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])'
                || '|(?<!\\ud[89ab][0-9a-f]{2})\\ud[c-f])'
            )
                then regexp_replace(
                    {{ text }},
                    '(?i)("(?:[^"\\]|\\.)*")|(-?(?:nan|inf(?:inity)?)\b'
                    || '|-?[0-9]+(?:\.[0-9]+)?e\+?0*(?:[4-9][0-9]{2}|3[1-9][0-9]|309|[0-9]{4,}))'
                    || '|,(\s*[]}])',
                    part -> coalesce(part[1], case when part[2] is not null then '[]' end, part[3])
                )
        end
    else {{ text }}
end
{%- endmacro -%}


{#- An expression that reads another one more than once, as `value`, and works it out once. -#}
{%- macro trino__once(expression, name, body) -%}
element_at(transform(array[{{ expression }}], {{ name }} -> {{ body }}), 1)
{%- endmacro -%}


{#- The path to a field of an object: a literal. -#}
{%- macro trino__json_path(field) -%}
'$["{{ field | replace("\\", "\\\\") | replace('"', '\\"') | replace("'", "''") }}"]'
{%- endmacro -%}


{#- The path to a field whose name is an expression. -#}
{%- macro trino__json_path_of(field) -%}
'$["' || replace(replace({{ field }}, '\', '\\'), '"', '\"') || '"]'
{%- endmacro -%}


{#- With every character as it is: Trino escapes those outside of the basic plane. -#}
{% macro trino__json_text(value) -%}
{%- set pair = '\\\\u(D[89AB][0-9A-F]{2})\\\\u(D[C-F][0-9A-F]{2})' -%}
regexp_replace(
    json_format({{ value }}), '{{ pair }}',
    pair -> chr(
        65536 + 1024 * (from_base(pair[1], 16) - 55296) + from_base(pair[2], 16) - 56320
    )
)
{%- endmacro -%}


{%- macro trino__is_object_text(text) -%}
starts_with(ltrim({{ text }}), '{') and try(json_parse({{ text }})) is not null
{%- endmacro -%}


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

{#- A value read as text: null for JSON's null. -#}
{%- macro trino__json_scalar(value) -%}
{{ logmart.trino__once(
    value, 'item',
    "coalesce(json_extract_scalar(item, '$'), nullif(" ~ logmart.trino__json_text('item')
    ~ ", 'null'))"
) }}
{%- endmacro -%}


{% macro trino__json_field(fields, name) -%}
{{ fields }}."{{ name | replace('"', '""') }}"
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


{% macro trino__json_is_absent(value) -%}
coalesce(json_format({{ value }}), 'null') = 'null'
{%- endmacro %}


{% macro trino__json_text_of(value) -%}
coalesce(json_extract_scalar({{ value }}, '$'), {{ logmart.trino__json_text(value) }})
{%- endmacro %}


{% macro trino__try_cast(text, type) -%}
try_cast({{ text }} as {{ type }})
{%- endmacro %}


{% macro trino__is_json_object(text) -%}
coalesce({{ logmart.trino__once(
    logmart.trino__standard_json(text), 'object', logmart.trino__is_object_text('object')
) }}, false)
{%- endmacro %}


{% macro trino__json_property_count(text) -%}
coalesce({{ logmart.trino__once(
    logmart.trino__standard_json(text), 'object',
    "case when " ~ logmart.trino__is_object_text('object') ~ " then json_size(object, '$') end"
) }}, 0)
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


{% macro trino__json_text_at(text, field) -%}
{{ logmart.trino__once(
    logmart.trino__standard_json(text), 'object',
    'case when ' ~ logmart.trino__is_object_text('object') ~ ' then '
    ~ logmart.trino__json_scalar(
        'json_extract(object, ' ~ logmart.trino__json_path_of(field) ~ ')'
    ) ~ ' end'
) }}
{%- endmacro %}


{% macro trino__json_field_named(text, name) -%}
nullif({{ logmart.trino__json_text(
    'json_extract(' ~ text ~ ', ' ~ logmart.trino__json_path_of(name) ~ ')'
) }}, 'null')
{%- endmacro %}


{#- The names of an object's properties in their order, each once; none for what is no object. -#}
{%- macro trino__json_names(text) -%}
coalesce(
    case
        when {{ logmart.trino__is_object_text(text) }}
            then cast(json_parse(
                json_query({{ text }}, 'lax $.keyvalue().name' with wrapper)
            ) as array(varchar))
    end,
    cast(array[] as array(varchar))
)
{%- endmacro -%}


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


{% macro trino__finite_double(text) -%}
case
    when is_finite(try_cast({{ text }} as double)) then try_cast({{ text }} as double)
end
{%- endmacro %}
