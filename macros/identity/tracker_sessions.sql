{#
    The session id of the tracker that sent an event, by the source's option session_property; null
    for a source without the option, and for -1, by which a tracker says that there is no session.

    in:  source, properties: expressions
    out: an expression: text
#}
{% macro tracker_session_id(source, properties) -%}
{%- set session_properties = logmart.session_properties() -%}
{%- if session_properties -%}
nullif(case {{ source }}
    {%- for source_name, property in session_properties.items() %}
    when {{ logmart.sql_string(source_name) }}
        then {{ json_text_at(properties, logmart.sql_string(property)) }}
    {%- endfor %}
end, '-1')
{%- else -%}
cast(null as varchar)
{%- endif -%}
{%- endmacro %}


{#- The option session_property of each source that has it: dict by source. -#}
{% macro session_properties() -%}
    {%- set found = {} -%}
    {%- for source_name in var('sources') -%}
        {%- set property = logmart.source_option(source_name, 'session_property') -%}
        {%- if property -%}
            {%- do found.update({source_name: property}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
