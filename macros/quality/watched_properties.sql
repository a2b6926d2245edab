{#
    A query of the planned properties whose distribution is watched: those with a list of allowed
    values, booleans and numbers, except direct identifiers and those of events that are not steady.

    out: source, event_name, property, is_number (whether its values are put in bins by size)
#}
{% macro watched_properties() -%}
{%- set rows = [] -%}
{%- for source_name, event_model in logmart.event_models() if execute -%}
    {%- set model = graph.nodes.get('model.logmart.' ~ event_model) -%}
    {%- set entry = model.config.meta if model else {} -%}
    {%- if entry.get('event') and entry.get('is_steady', true) is not false -%}
        {%- for property in logmart.planned_properties(model)
            if not property.is_direct_identifier -%}
            {%- set is_number = property.data_type in ['bigint', 'double']
                and not property.allowed -%}
            {%- if is_number or property.allowed or property.data_type == 'boolean' -%}
                {%- do rows.append((source_name, entry.event, property.property, is_number)) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endfor -%}
select watched.*
from (
    values
    {%- for source_name, event, property, is_number in rows | sort %}
    (
        '{{ source_name }}', '{{ event }}', {{ logmart.sql_string(property) }},
        {{ is_number | lower }}
    ){{ ',' if not loop.last }}
    {%- else %}
    ('', '', '', false)
    {%- endfor %}
) as watched (source, event_name, property, is_number)
{%- endmacro %}
