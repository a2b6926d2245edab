{#
    The median of a group: the mean of the two middle values where their number is even; null for
    none.
#}
{% macro median(expression) -%}
    {{ return(adapter.dispatch('median', 'logmart')(expression)) }}
{%- endmacro %}

{% macro duckdb__median(expression) -%}
cast(median({{ expression }}) as double)
{%- endmacro %}
