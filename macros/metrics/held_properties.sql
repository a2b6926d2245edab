{#
    A hook before fct_funnel_steps: raises a compiler error where a funnel holds a property constant
    that the plan of a step's event does not have. It names the file, the funnel, the step and the
    property.
#}
{% macro check_held_properties() -%}
    {%- set steps = run_query(
        'select funnel, step_number, source, event_name, held_property from ' ~ ref('funnels')
        ~ ' where held_property is not null order by funnel, step_number'
    ).rows if execute else [] -%}
    {%- for funnel, step_number, source, event_name, held_property in steps
        if source in var('sources') -%}
        {%- set event_model = logmart.event_model(source, event_name) -%}
        {%- set event = graph.nodes.get('model.logmart.' ~ event_model, {}) -%}
        {%- set planned = [] -%}
        {%- for column in event.get('columns', {}).values() -%}
            {%- do planned.append(column.meta.get('property')) -%}
        {%- endfor -%}
        {%- if held_property not in planned -%}
            {%- do exceptions.raise_compiler_error(
                'seeds/funnels/funnels.csv: funnel ' ~ funnel ~ ', step ' ~ step_number ~ ': the'
                ~ ' plan of ' ~ event_name ~ ' has no property ' ~ held_property ~ '. As'
                ~ ' held_property, name one that the events of all steps have'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
