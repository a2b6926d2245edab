{#
    Returns a list of <source>.<event>: the planned events whose entry says is_steady: false. Their
    volume says nothing about the health of ingestion. Empty while dbt parses.
#}
{% macro unsteady_events() -%}
    {%- set names = [] -%}
    {%- for node in graph.get('nodes', {}).values() -%}
        {%- set entry = node.config.meta or {} -%}
        {%- if entry.get('event') and entry.get('is_steady', true) is false -%}
            {%- do names.append(
                logmart.sql_string(logmart.source_of_model(node) ~ '.' ~ entry.event)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ list_of_present(names | sort) }}
{%- endmacro %}
