{#
    Returns the JSON text of an object without some of its fields; null for a text that is not a
    JSON object.

    in:  text: JSON text or any other text; names: the names of the fields
#}
{% macro json_without(text, names) -%}
    {{ return(adapter.dispatch('json_without', 'logmart')(text, names)) }}
{%- endmacro %}

{% macro duckdb__json_without(text, names) -%}
{%- set patch = {} -%}
{%- for name in names -%}{%- do patch.update({name: none}) -%}{%- endfor -%}
case
    when {{ is_json_object(text) }}
        then cast(try(
            json_merge_patch({{ text }}, {{ logmart.sql_string(tojson(patch)) }})
        ) as varchar)
end
{%- endmacro %}

{% macro trino__json_without(text, names) -%}
{%- set body -%}
case
        when {{ logmart.trino__is_object_text('object') }}
            then {{ logmart.trino__json_text(
                'cast(map_filter(cast(json_parse(object) as map(varchar, json)), (name, value) -> '
                ~ logmart.trino__is_none_of('name', names) ~ ') as json)'
            ) }}
    end
{%- endset -%}
{{ logmart.trino__once(logmart.trino__standard_json(text), 'object', body) }}
{%- endmacro %}

{%- macro trino__is_none_of(text, names) -%}
{%- if names -%}
{{ text }} not in (
    {%- for name in names -%}
    {{ logmart.sql_string(name) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
)
{%- else -%}
true
{%- endif -%}
{%- endmacro -%}


{#
    Returns the JSON text of the fields of two objects. A field of both has the second object's
    value; a field of the second that is JSON's null is left out. A text that is not a JSON object
    counts as an object without fields.
#}
{% macro json_merged(first, second) -%}
    {{ return(adapter.dispatch('json_merged', 'logmart')(first, second)) }}
{%- endmacro %}

{% macro duckdb__json_merged(first, second) -%}
cast(json_merge_patch(
    case when {{ is_json_object(first) }} then {{ first }} else '{}' end,
    case when {{ is_json_object(second) }} then {{ second }} else '{}' end
) as varchar)
{%- endmacro %}

{% macro trino__json_merged(first, second) -%}
{{ logmart.trino__json_text(
    'cast(map_concat(' ~ logmart.trino__json_map(first) ~ ', map_filter('
    ~ logmart.trino__json_map(second)
    ~ ", (name, value) -> json_format(value) <> 'null')) as json)"
) }}
{%- endmacro %}

{%- macro trino__json_map(text) -%}
coalesce({{ logmart.trino__once(
    logmart.trino__standard_json(text), 'object',
    'case when ' ~ logmart.trino__is_object_text('object')
    ~ ' then cast(json_parse(object) as map(varchar, json)) end'
) }}, map())
{%- endmacro -%}


{#
    Returns the JSON text of an object made of the items of a list, as GA4 sends the parameters of
    an event: [{"key": "page_location", "value": {"string_value": "..."}}]. The value of an item is
    the first of its fields string_value, int_value, float_value and double_value that is not null;
    an item without one is left out. Null for a text that is not a JSON list.
#}
{% macro json_of_typed_items(text) -%}
    {{ return(adapter.dispatch('json_of_typed_items', 'logmart')(text)) }}
{%- endmacro %}

{#- int_value is a text in BigQuery's JSON export and a number in its Parquet export. -#}
{% macro duckdb__json_of_typed_items(text) -%}
cast(try(json_merge_patch('{}', to_json(map_from_entries(list_transform(
    list_filter(
        from_json({{ text }}, '[{"key": "VARCHAR", "value": {"string_value": "VARCHAR",'
        || ' "int_value": "BIGINT", "float_value": "DOUBLE", "double_value": "DOUBLE"}}]'),
        lambda item: item."key" is not null
    ),
    lambda item: {
        'k': item."key",
        'v': coalesce(
            to_json(item."value".string_value), to_json(item."value".int_value),
            to_json(item."value".float_value), to_json(item."value".double_value)
        )
    }
))))) as varchar)
{%- endmacro %}

{% macro trino__json_of_typed_items(text) -%}
{%- set fields = "cast(json_extract(item, '$.value') as map(varchar, json))" -%}
{{ logmart.trino__json_text(
    "cast(map_filter(map_from_entries(transform(try(cast(json_parse(" ~ text ~ ") as array(json))),"
    ~ " item -> row(json_extract_scalar(item, '$.key'), coalesce("
    ~ "nullif(json_extract(item, '$.value.string_value'), json 'null'),"
    ~ " try(cast(cast(json_extract_scalar(item, '$.value.int_value') as bigint) as json)),"
    ~ " nullif(json_extract(item, '$.value.float_value'), json 'null'),"
    ~ " nullif(json_extract(item, '$.value.double_value'), json 'null'))))),"
    ~ " (name, value) -> value is not null and json_format(value) <> 'null') as json)"
) }}
{%- endmacro %}
