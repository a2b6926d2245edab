{#
    The shape of a text, without what it says: letters become a, digits 9, whatever is not ASCII a;
    spaces and punctuation stay. Null for null.
#}
{% macro mask_text(text) -%}
    {{ return(adapter.dispatch('mask_text', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__mask_text(text) -%}
regexp_replace(
    regexp_replace({{ text }}, '[A-Za-z]|[^\x00-\x7F]', 'a', 'g'), '[0-9]', '9', 'g'
)
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

{% macro duckdb__shown_name(text) -%}
case
    when
        regexp_full_match({{ text }}, '[A-Za-z0-9_.$ -]{0,64}')
        and not regexp_matches(
            {{ text }}, '[0-9]{5}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-|[0-9A-Fa-f]{16}'
        )
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


{#
    What tells an unplanned property and nothing of its value: a list of structs of name (as
    shown_name() gives it), kind (json_kind()) and shape (mask_text() of the value's JSON), in order
    of the alphabet.

    in:  text: the JSON text of an object; planned: the names of the properties that are planned
#}
{% macro unplanned_properties(text, planned) -%}
    {{ return(adapter.dispatch('unplanned_properties', 'logmart')(text, planned)) }}
{%- endmacro %}

{% macro duckdb__unplanned_properties(text, planned) -%}
list_sort(list_transform(
    list_distinct(list_filter(
        coalesce(try(json_keys({{ text }})), []),
        lambda name: name is not null
            {%- if planned %} and name not in (
            {%- for name in planned -%}
            {{ logmart.sql_string(name) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
            )
            {%- endif %}
    )),
    lambda name: {
        'name': {{ shown_name('name') }},
        'kind': {{ json_kind(json_field_named(text, 'name')) }},
        'shape': substring({{ mask_text(json_field_named(text, 'name')) }}, 1, 100)
    }
))
{%- endmacro %}


{#
    The warnings that a list of unplanned properties is: unplanned_property:x, each once.
#}
{% macro unplanned_warnings(list) -%}
    {{ return(adapter.dispatch('unplanned_warnings', 'logmart')(list)) }}
{%- endmacro %}

{% macro duckdb__unplanned_warnings(list) -%}
case
    when len({{ list }}) = 0 then cast([] as varchar[])
    else list_sort(list_distinct(
        list_transform({{ list }}, lambda item: 'unplanned_property:' || item.name)
    ))
end
{%- endmacro %}


{#
    A list of none of what unplanned_properties() gives.
#}
{% macro no_unplanned_properties() -%}
    {{ return(adapter.dispatch('no_unplanned_properties', 'logmart')()) }}
{%- endmacro %}

{% macro duckdb__no_unplanned_properties() -%}
cast([] as {{ logmart.unplanned_properties_type() }})
{%- endmacro %}

{%- macro unplanned_properties_type() -%}
struct(name varchar, kind varchar, shape varchar)[]
{%- endmacro -%}


{#
    What was found when a landed text was read, kept when the text is emptied: none yet.

    out: null, a struct of violations, warnings, plan_hash, masked_properties, masked_line and
         unplanned_properties
#}
{% macro no_judgement() -%}
    {{ return(adapter.dispatch('no_judgement', 'logmart')()) }}
{%- endmacro %}

{% macro duckdb__no_judgement() -%}
cast(null as struct(
    violations varchar[],
    warnings varchar[],
    plan_hash varchar,
    masked_properties varchar,
    masked_line varchar,
    unplanned_properties {{ logmart.unplanned_properties_type() }}
))
{%- endmacro %}
