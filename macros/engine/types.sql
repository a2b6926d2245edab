{#
    What the engine calls a type of a contract: varchar, bigint, double, boolean, timestamp (of
    microseconds), date, or a list of one, varchar[].
#}
{% macro engine_type(type) -%}
    {{ return(adapter.dispatch('engine_type', 'logmart')(type)) }}
{%- endmacro %}

{% macro duckdb__engine_type(type) -%}
{{ type }}
{%- endmacro %}
