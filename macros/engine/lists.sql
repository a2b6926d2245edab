{#
    A list of varchar out of expressions, those that are null left out.
#}
{% macro list_of_present(expressions) -%}
    {{ return(adapter.dispatch('list_of_present', 'logmart')(expressions)) }}
{%- endmacro %}

{% macro duckdb__list_of_present(expressions) -%}
{%- if not expressions -%}
{{ empty_list('varchar') }}
{%- else -%}
{#- Where all are null, as is usual, no list is made. -#}
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
    One list after another.
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
    How many items a list has.
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
    Whether a list holds an item.
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
    A list of structs, for `cross join unnest(...)` into one column.
#}
{% macro whole_items(list) -%}
    {{ return(adapter.dispatch('whole_items', 'logmart')(list)) }}
{%- endmacro %}

{% macro default__whole_items(list) -%}
{{ list }}
{%- endmacro %}

{#- A row is unnested into its fields: here it is the one field of another. -#}
{% macro trino__whole_items(list) -%}
transform({{ list }}, item -> row(item))
{%- endmacro %}


{#
    A list without items.

    in:  type: the type of an item, as the engine calls it
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
