{#
    Returns a list of varchar made of expressions, without those that are null.
#}
{% macro list_of_present(expressions) -%}
    {{ return(adapter.dispatch('list_of_present', 'logmart')(expressions)) }}
{%- endmacro %}

{% macro duckdb__list_of_present(expressions) -%}
{%- if not expressions -%}
{{ empty_list('varchar') }}
{%- else -%}
{#- Usually all expressions are null: then no list is built. -#}
case
    when coalesce({{ expressions | join(', ') }}) is null then {{ empty_list('varchar') }}
    else list_filter(
        cast([{{ expressions | join(', ') }}] as varchar[]), lambda item: item is not null
    )
end
{%- endif -%}
{%- endmacro %}

{% macro trino__list_of_present(expressions) -%}
filter(
    cast(array[{{ expressions | join(', ') }}] as array(varchar)), item -> item is not null
)
{%- endmacro %}


{#
    Returns the items of the first list, then those of the second.
#}
{% macro concat_lists(first, second) -%}
    {{ return(adapter.dispatch('concat_lists', 'logmart')(first, second)) }}
{%- endmacro %}

{% macro default__concat_lists(first, second) -%}
concat({{ first }}, {{ second }})
{%- endmacro %}

{% macro duckdb__concat_lists(first, second) -%}
list_concat({{ first }}, {{ second }})
{%- endmacro %}


{#
    Returns the number of items of a list.
#}
{% macro list_length(list) -%}
    {{ return(adapter.dispatch('list_length', 'logmart')(list)) }}
{%- endmacro %}

{% macro default__list_length(list) -%}
cardinality({{ list }})
{%- endmacro %}

{% macro duckdb__list_length(list) -%}
len({{ list }})
{%- endmacro %}


{#
    Whether a list contains an item.
#}
{% macro list_contains(list, item) -%}
    {{ return(adapter.dispatch('list_contains', 'logmart')(list, item)) }}
{%- endmacro %}

{% macro duckdb__list_contains(list, item) -%}
list_contains({{ list }}, {{ item }})
{%- endmacro %}

{% macro trino__list_contains(list, item) -%}
contains({{ list }}, {{ item }})
{%- endmacro %}


{#
    Returns a list of structs for `cross join unnest(...)`, which then gives one column of structs.
#}
{% macro whole_items(list) -%}
    {{ return(adapter.dispatch('whole_items', 'logmart')(list)) }}
{%- endmacro %}

{% macro default__whole_items(list) -%}
{{ list }}
{%- endmacro %}

{#- Trino unnests a row into its fields: each item becomes the only field of another row. -#}
{% macro trino__whole_items(list) -%}
transform({{ list }}, item -> row(item))
{%- endmacro %}


{#
    Returns an empty list.

    in:  type: the type of its items, as engine_type() and struct_type() return it
#}
{% macro empty_list(type) -%}
    {{ return(adapter.dispatch('empty_list', 'logmart')(type)) }}
{%- endmacro %}

{% macro default__empty_list(type) -%}
cast(array[] as {{ engine_type(type ~ '[]') }})
{%- endmacro %}

{% macro duckdb__empty_list(type) -%}
cast([] as {{ type }}[])
{%- endmacro %}
