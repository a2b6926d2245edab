{#-
    Returns JSON text in standard form, which both engines read alike. DuckDB accepts what the
    standard forbids (NaN, Infinity, a number out of a double's range, a comma before a closing
    bracket) and rejects half of a surrogate pair; Trino does the reverse. Here a forbidden number
    becomes an empty list, which has none of the types that a property may have; a comma before a
    bracket is removed; and a text with half of a surrogate pair becomes null.
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


{%- macro trino__is_object_text(text) -%}
starts_with(ltrim({{ text }}), '{') and try(json_parse({{ text }})) is not null
{%- endmacro -%}


{#- Evaluates an expression once for a body that reads it several times, by the given name. -#}
{%- macro trino__once(expression, name, body) -%}
element_at(transform(array[{{ expression }}], {{ name }} -> {{ body }}), 1)
{%- endmacro -%}


{#- The path to a field of an object, as a literal. -#}
{%- macro trino__json_path(field) -%}
'$["{{ field | replace("\\", "\\\\") | replace('"', '\\"') | replace("'", "''") }}"]'
{%- endmacro -%}


{#- The path to a field whose name is an expression. -#}
{%- macro trino__json_path_of(field) -%}
'$["' || replace(replace({{ field }}, '\', '\\'), '"', '\"') || '"]'
{%- endmacro -%}


{#- The text of a value; null for JSON's null. -#}
{%- macro trino__json_scalar(value) -%}
{{ logmart.trino__once(
    value, 'item',
    "coalesce(json_extract_scalar(item, '$'), nullif(" ~ logmart.trino__json_text('item')
    ~ ", 'null'))"
) }}
{%- endmacro -%}


{#- The names of an object's properties in their order, each once; an empty list for other text. -#}
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
