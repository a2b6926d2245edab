{#
    Returns the median of a group as a double: the mean of the two middle values where the number of
    values is even. Nulls do not count; a group without values has the median null.
#}
{% macro median(expression) -%}
    {{ return(adapter.dispatch('median', 'logmart')(expression)) }}
{%- endmacro %}

{% macro default__median(expression) -%}
cast(median({{ expression }}) as double)
{%- endmacro %}

{% macro trino__median(expression) -%}
{{ logmart.trino__once(
    'array_sort(array_agg(' ~ expression ~ ') filter (where ' ~ expression ~ ' is not null))',
    'sorted',
    '(cast(element_at(sorted, (cardinality(sorted) + 1) / 2) as double)'
    ~ ' + cast(element_at(sorted, cardinality(sorted) / 2 + 1) as double)) / 2'
) }}
{%- endmacro %}


{#
    Returns a percentile of a group as a double, interpolated between the two nearest values (the
    continuous percentile of SQL). Nulls do not count; a group without values has the percentile
    null.

    in:  expression
         percentile: above 0 and below 1
#}
{% macro percentile(expression, percentile) -%}
    {{ return(adapter.dispatch('percentile', 'logmart')(expression, percentile)) }}
{%- endmacro %}

{% macro default__percentile(expression, percentile) -%}
cast(quantile_cont({{ expression }}, {{ percentile }}) as double)
{%- endmacro %}

{% macro trino__percentile(expression, percentile) -%}
{%- set position = '(' ~ percentile ~ ' * (cardinality(sorted) - 1))' -%}
{%- set value_at = 'cast(element_at(sorted, cast(' -%}
{%- set lower = value_at ~ 'floor(' ~ position ~ ') as bigint) + 1) as double)' -%}
{%- set upper = value_at ~ 'ceil(' ~ position ~ ') as bigint) + 1) as double)' -%}
{{ logmart.trino__once(
    'array_sort(array_agg(' ~ expression ~ ') filter (where ' ~ expression ~ ' is not null))',
    'sorted',
    lower ~ ' + (' ~ upper ~ ' - ' ~ lower ~ ') * (' ~ position ~ ' - floor(' ~ position ~ '))'
) }}
{%- endmacro %}


{#
    Returns the distinct values of a group as one text, in alphabetical order, separated by commas.
#}
{% macro distinct_values(expression) -%}
    {{ return(adapter.dispatch('distinct_values', 'logmart')(expression)) }}
{%- endmacro %}

{% macro default__distinct_values(expression) -%}
string_agg(distinct {{ expression }}, ', ' order by {{ expression }})
{%- endmacro %}

{% macro trino__distinct_values(expression) -%}
array_join(
    array_sort(array_agg(distinct {{ expression }}) filter (where {{ expression }} is not null)),
    ', '
)
{%- endmacro %}


{#
    Returns the first value of a window that is not null. The `over` clause follows the call.
#}
{% macro first_present(expression) -%}
    {{ return(adapter.dispatch('first_present', 'logmart')(expression)) }}
{%- endmacro %}

{% macro default__first_present(expression) -%}
first_value({{ expression }}) ignore nulls
{%- endmacro %}

{% macro duckdb__first_present(expression) -%}
first_value({{ expression }} ignore nulls)
{%- endmacro %}


{#
    Returns the last value of a window that is not null. The `over` clause follows the call.
#}
{% macro last_present(expression) -%}
    {{ return(adapter.dispatch('last_present', 'logmart')(expression)) }}
{%- endmacro %}

{% macro default__last_present(expression) -%}
last_value({{ expression }}) ignore nulls
{%- endmacro %}

{% macro duckdb__last_present(expression) -%}
last_value({{ expression }} ignore nulls)
{%- endmacro %}
