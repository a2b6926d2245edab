{#
    A list of varchar out of expressions, those that are null left out.
#}
{% macro list_of_present(expressions) -%}
    {{ return(adapter.dispatch('list_of_present', 'logmart')(expressions)) }}
{%- endmacro %}

{% macro duckdb__list_of_present(expressions) -%}
{%- if not expressions -%}
cast([] as varchar[])
{%- else -%}
{#- Where all are null, as is usual, no list is made. -#}
case
    when coalesce({{ expressions | join(', ') }}) is null then cast([] as varchar[])
    else list_filter(
        cast([{{ expressions | join(', ') }}] as varchar[]), lambda item: item is not null
    )
end
{%- endif -%}
{%- endmacro %}


{#
    One list after another.
#}
{% macro concat_lists(first, second) -%}
    {{ return(adapter.dispatch('concat_lists', 'logmart')(first, second)) }}
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

{% macro duckdb__list_length(list) -%}
len({{ list }})
{%- endmacro %}


{#
    Whether text as a whole matches a regular expression; null for null.
#}
{% macro matches_fully(text, pattern) -%}
    {{ return(adapter.dispatch('matches_fully', 'logmart')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches_fully(text, pattern) -%}
regexp_full_match({{ text }}, {{ logmart.sql_string(pattern) }})
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


{#
    The distinct values of a group, in order, as one text.
#}
{% macro distinct_values(expression) -%}
    {{ return(adapter.dispatch('distinct_values', 'logmart')(expression)) }}
{%- endmacro %}

{% macro duckdb__distinct_values(expression) -%}
string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}


{#
    Whether a text holds another, letter by letter; null for null.
#}
{% macro text_contains(text, part) -%}
    {{ return(adapter.dispatch('text_contains', 'logmart')(text, part)) }}
{%- endmacro %}

{% macro duckdb__text_contains(text, part) -%}
contains({{ text }}, {{ part }})
{%- endmacro %}


{#
    A text by whose order numbers in it count as numbers (of up to 15 digits): a-9 before a-10.
#}
{% macro natural_order(text) -%}
    {{ return(adapter.dispatch('natural_order', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__natural_order(text) -%}
regexp_replace(
    regexp_replace({{ text }}, '([0-9]+)', '000000000000000\1', 'g'),
    '[0-9]*([0-9]{15})', '\1', 'g'
)
{%- endmacro %}


{#
    How many bytes a text has in UTF-8.
#}
{% macro byte_count(text) -%}
    {{ return(adapter.dispatch('byte_count', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__byte_count(text) -%}
strlen({{ text }})
{%- endmacro %}


{#
    Whether a part of text matches a regular expression; null for null.
#}
{% macro text_matches(text, pattern) -%}
    {{ return(adapter.dispatch('text_matches', 'logmart')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__text_matches(text, pattern) -%}
regexp_matches({{ text }}, {{ logmart.sql_string(pattern) }})
{%- endmacro %}


{#
    A text in which something else stands for every part that matches a regular expression; null for
    null.
#}
{% macro replace_matches(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_matches', 'logmart')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro duckdb__replace_matches(text, pattern, replacement) -%}
regexp_replace(
    {{ text }}, {{ logmart.sql_string(pattern) }}, {{ logmart.sql_string(replacement) }}, 'g'
)
{%- endmacro %}


{#
    The parts of a text between a separator: a list.
#}
{% macro split_text(text, separator) -%}
    {{ return(adapter.dispatch('split_text', 'logmart')(text, separator)) }}
{%- endmacro %}

{% macro duckdb__split_text(text, separator) -%}
string_split({{ text }}, {{ logmart.sql_string(separator) }})
{%- endmacro %}


{#
    The first value of a window that is not null: what stands before its `over`.
#}
{% macro first_present(expression) -%}
    {{ return(adapter.dispatch('first_present', 'logmart')(expression)) }}
{%- endmacro %}

{% macro duckdb__first_present(expression) -%}
first_value({{ expression }} ignore nulls)
{%- endmacro %}


{#
    The last value of a window that is not null: what stands before its `over`.
#}
{% macro last_present(expression) -%}
    {{ return(adapter.dispatch('last_present', 'logmart')(expression)) }}
{%- endmacro %}

{% macro duckdb__last_present(expression) -%}
last_value({{ expression }} ignore nulls)
{%- endmacro %}


{#
    A list of structs, for `cross join unnest(...)` into one column.
#}
{% macro whole_items(list) -%}
    {{ return(adapter.dispatch('whole_items', 'logmart')(list)) }}
{%- endmacro %}

{% macro duckdb__whole_items(list) -%}
{{ list }}
{%- endmacro %}
