{% macro trino__list_of_present(expressions) -%}
filter(
    cast(array[{{ expressions | join(', ') }}] as array(varchar)), item -> item is not null
)
{%- endmacro %}


{% macro trino__concat_lists(first, second) -%}
concat({{ first }}, {{ second }})
{%- endmacro %}


{% macro trino__list_length(list) -%}
cardinality({{ list }})
{%- endmacro %}


{% macro trino__matches_fully(text, pattern) -%}
regexp_like({{ text }}, {{ logmart.sql_string('\\A(?:' ~ pattern ~ ')\\z') }})
{%- endmacro %}


{% macro trino__list_contains(list, item) -%}
contains({{ list }}, {{ item }})
{%- endmacro %}


{% macro trino__distinct_values(expression) -%}
array_join(
    array_sort(array_agg(distinct {{ expression }}) filter (where {{ expression }} is not null)),
    ', '
)
{%- endmacro %}


{% macro trino__text_contains(text, part) -%}
(strpos({{ text }}, {{ part }}) > 0)
{%- endmacro %}


{% macro trino__natural_order(text) -%}
regexp_replace(
    regexp_replace({{ text }}, '([0-9]+)', '000000000000000$1'), '[0-9]*([0-9]{15})', '$1'
)
{%- endmacro %}


{% macro trino__byte_count(text) -%}
length(to_utf8({{ text }}))
{%- endmacro %}


{% macro trino__text_matches(text, pattern) -%}
regexp_like({{ text }}, {{ logmart.sql_string(pattern) }})
{%- endmacro %}


{% macro trino__replace_matches(text, pattern, replacement) -%}
regexp_replace(
    {{ text }}, {{ logmart.sql_string(pattern) }}, {{ logmart.sql_string(replacement) }}
)
{%- endmacro %}


{% macro trino__split_text(text, separator) -%}
split({{ text }}, {{ logmart.sql_string(separator) }})
{%- endmacro %}


{% macro trino__first_present(expression) -%}
first_value({{ expression }}) ignore nulls
{%- endmacro %}


{% macro trino__last_present(expression) -%}
last_value({{ expression }}) ignore nulls
{%- endmacro %}


{#- A row is unnested into its fields: here it is the one field of another. -#}
{% macro trino__whole_items(list) -%}
transform({{ list }}, item -> row(item))
{%- endmacro %}
