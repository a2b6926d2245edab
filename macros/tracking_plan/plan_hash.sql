{#- A hash of a plan entry, and of the variables and the source's options that decide verdicts. -#}
{%- macro plan_hash(source_name, event, entries) -%}
    {%- set rules = logmart.deciding_variables('verdicts').values() | list -%}
    {%- set hashed = {
        'source': source_name, 'event': event, 'entries': entries, 'rules': rules,
    } -%}
    {%- set options = logmart.deciding_options(source_name) -%}
    {%- if options -%}
        {%- do hashed.update({'options': options}) -%}
    {%- endif -%}
    {{ return(local_md5(tojson(hashed, sort_keys=true))) }}
{%- endmacro -%}


{#- The plan_hash() of an event model's current entry, computed without reading its rows. -#}
{% macro plan_hash_of(source_name, event_model) -%}
    {%- set node = graph.nodes['model.logmart.' ~ event_model] -%}
    {%- if event_model.endswith('__unplanned_events') -%}
        {{ return(logmart.plan_hash(source_name, none, var('planned_events')[source_name])) }}
    {%- endif -%}
    {{ return(logmart.plan_hash(
        source_name,
        logmart.planned_event_entry(node, node.config.meta.event),
        logmart.planned_properties(node)
    )) }}
{%- endmacro %}
