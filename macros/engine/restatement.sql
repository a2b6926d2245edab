{#-
    Whether the engine deletes and inserts in one transaction, so that a model is restated in part.
-#}
{% macro restates_in_part() -%}
    {{ return(adapter.dispatch('restates_in_part', 'logmart')()) }}
{%- endmacro %}

{% macro duckdb__restates_in_part() -%}
    {{ return(true) }}
{%- endmacro %}
