{#
    Which batch (load_number) of each source int_judged_events, the model that runs, has judged
    last.

    out: a dict by source; empty in a full build
#}
{% macro judged_batches() -%}
    {%- set batches = {} -%}
    {%- if is_incremental() -%}
        {%- for row in run_query(
            'select source, max(load_number) from ' ~ this ~ ' group by source'
        ).rows -%}
            {%- do batches.update({row[0]: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(batches) }}
{%- endmacro %}


{#
    The event models whose entry in the tracking plan has changed: no row of int_judged_events, the
    model that runs, was judged by the entry as it is now.

    out: a list of names; empty in a full build
#}
{% macro models_with_changed_plan() -%}
    {%- set changed = [] -%}
    {%- if is_incremental() -%}
        {%- set judged_by = run_query(
            'select distinct plan_hash from ' ~ this
        ).rows | map(attribute=0) | list -%}
        {%- for source_name, event_model in logmart.event_models() -%}
            {%- if logmart.plan_hash_of(source_name, event_model) not in judged_by -%}
                {%- do changed.append(event_model) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(changed) }}
{%- endmacro %}


{#-
    The models of all planned events, and of the events that are in no plan.

    out: a list of (source, model)
-#}
{% macro event_models() -%}
    {%- set models = [] -%}
    {%- do logmart.check_listed_once('sources', var('sources')) -%}
    {%- for source_name in var('sources') -%}
        {%- do logmart.check_listed_once(
            'planned_events.' ~ source_name, var('planned_events')[source_name]
        ) -%}
        {%- for event in var('planned_events')[source_name] -%}
            {%- do models.append((source_name, logmart.event_model(source_name, event))) -%}
        {%- endfor -%}
        {%- do models.append((source_name, 'stg_' ~ source_name ~ '__unplanned_events')) -%}
    {%- endfor -%}
    {{ return(models) }}
{%- endmacro %}
