{#
    The configuration of a model that an incremental run restates in part. The first run, and one
    after which the model's SQL or a variable differs, builds it whole; any other deletes what was
    touched since the model last ran, and writes it anew, in one transaction. An engine that has no
    transaction for it (restates_in_part()) builds it whole at every run.

    in:  withdraw: the call of a macro that gives statements, run before the model's SQL on an
         incremental run: what deletes the touched rows
         unique_key: columns by which the rows that the model's SQL gives replace those that are
         there still
         storage: partitioned_by(), where its rows are many
#}
{% macro restated_config(withdraw, unique_key, storage={}) -%}
    {%- set config = {'materialized': 'table'} if not restates_in_part() else {
        'materialized': 'incremental',
        'incremental_strategy': 'delete+insert',
        'unique_key': unique_key,
        'on_schema_change': 'fail',
        'pre_hook': '{% if is_incremental() %}{{ ' ~ withdraw ~ ' }}{% endif %}',
        'post_hook': '{{ record_restatement() }}',
        'meta': {'is_restated': true},
    } -%}
    {%- do config.update(storage) -%}
    {{ return(config) }}
{%- endmacro %}


{#
    Up to which restatement (restatement_number of int_judged_events) the model that runs has taken
    what was touched; 0 where it is not known. What is above it was touched since.
#}
{% macro restated_until() -%}
    {%- set taken = logmart.taken_restatement() if execute -%}
    {{ return(taken if taken else 0) }}
{%- endmacro %}


{#- What int_restated_models says of the model that runs: none where it is to be built whole. -#}
{% macro taken_restatement() -%}
    {%- set ledger = logmart.built('int_restated_models') -%}
    {%- if ledger -%}
        {%- set rows = run_query(
            "select restatement_number from " ~ ledger ~ " where model_name = '" ~ model.name
            ~ "' and settings_hash = '" ~ logmart.settings_hash() ~ "'"
        ).rows -%}
        {{ return(rows[0][0] if rows else none) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}


{#-
    A hash of what a restated model's rows depend on beside the events: its SQL and that of the
    models between it and int_judged_events, and the variables. Macros are not in it.
-#}
{% macro settings_hash() -%}
    {%- set variables = [
        var('business_time_zone'), var('horizon_days'), var('session_timeout_minutes'),
    ] -%}
    {{ return(local_md5(
        logmart.code_hash(model.name, ['int_judged_events']) ~ tojson(variables)
    )) }}
{%- endmacro %}


{#
    A hook of int_judged_events and of the restated models: notes that the model has taken all that
    int_judged_events holds.
#}
{% macro record_restatement() -%}
{%- set ledger = logmart.built('int_restated_models') if execute and restates_in_part() -%}
{%- if ledger -%}
delete from {{ ledger }} where model_name = '{{ model.name }}';
insert into {{ ledger }} (model_name, settings_hash, restatement_number)
select
    '{{ model.name }}',
    '{{ logmart.settings_hash() }}',
    coalesce(max(restatement_number), 0)
from {{ this if model.name == 'int_judged_events' else logmart.built('int_judged_events') }}
{%- endif -%}
{%- endmacro %}


{#
    A hook of int_judged_events: where it is built whole, so are all that are made of it.
#}
{% macro forget_restatements() -%}
{%- set ledger = logmart.built('int_restated_models')
    if execute and restates_in_part() and not is_incremental() -%}
{%- if ledger -%}
delete from {{ ledger }}
{%- endif -%}
{%- endmacro %}


{#
    Overrides dbt's macro of this name, whether the model that runs is built whole: a restated model
    is, too, where it is not known what was touched since it ran.
#}
{% macro should_full_refresh() -%}
    {%- set chosen = config.get('full_refresh') -%}
    {%- if chosen is none -%}
        {%- set chosen = flags.FULL_REFRESH -%}
    {%- endif -%}
    {%- if not chosen and execute and restates_in_part()
        and model.config.meta.get('is_restated') -%}
        {%- set chosen = logmart.taken_restatement() is none -%}
    {%- endif -%}
    {{ return(chosen) }}
{%- endmacro %}


{#
    Which load of each source int_judged_events, the model that runs, has taken last: a dict, empty
    where the model is built whole.
#}
{% macro judged_loads() -%}
    {%- set loads = {} -%}
    {%- if is_incremental() -%}
        {%- for row in run_query(
            'select source, max(load_number) from ' ~ this ~ ' group by source'
        ).rows -%}
            {%- do loads.update({row[0]: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(loads) }}
{%- endmacro %}


{#
    The event models whose plan entry is none that int_judged_events, the model that runs, has
    judged by: their names, none where the model is built whole.
#}
{% macro outdated_events() -%}
    {%- set outdated = [] -%}
    {%- if is_incremental() -%}
        {%- set judged_by = run_query(
            'select distinct plan_hash from ' ~ this
        ).rows | map(attribute=0) | list -%}
        {%- for source_name, event_model in logmart.event_models() -%}
            {%- if logmart.plan_hash_of(source_name, event_model) not in judged_by -%}
                {%- do outdated.append(event_model) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(outdated) }}
{%- endmacro %}


{#- The models of all planned events, and of what no plan takes: a list of (source, model). -#}
{% macro event_models() -%}
    {%- set models = [] -%}
    {%- for source_name in var('sources') -%}
        {%- for event in var('planned_events')[source_name] + ['unplanned_events'] -%}
            {%- do models.append((source_name, 'stg_' ~ source_name ~ '__' ~ event)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(models) }}
{%- endmacro %}
