{#
    The names of the planned events whose volume says something of the ingestion's health: all but
    those whose plan entry says is_steady: false. An expression, a list of <source>.<event>.
#}
{% macro unsteady_events() -%}
    {%- set names = [] -%}
    {%- for node in graph.get('nodes', {}).values() if node.config.meta and node.config.meta.event -%}
        {%- if node.config.meta.get('is_steady', true) is false -%}
            {%- do names.append(
                logmart.sql_string(logmart.source_of_model(node) ~ '.' ~ node.config.meta.event)
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ list_of_present(names | sort) }}
{%- endmacro %}


{#
    A key of what a row is counted for, null parts included; an expression, text.

    in: columns, names of columns or expressions, text
#}
{% macro group_key(columns) -%}
    {%- for column in columns -%}
    coalesce({{ column }}, '')
    {%- if not loop.last %} || chr(31) || {% endif -%}
    {%- endfor -%}
{%- endmacro %}
