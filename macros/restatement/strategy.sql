{#
    The configuration of a model that an incremental run restates in part. The first run, and one
    after which the model's SQL or a variable differs, builds it whole; any other deletes what was
    touched since the model last ran, and writes it anew, in one step
    (get_incremental_restate_sql()). The model's SQL reads the table as it was before.

    in:  withdrawn: the name of a macro in withdrawals.sql that gives a query: the rows to delete
         unique_key: columns by which the rows that the model's SQL gives replace those that are
         there still
         storage: partitioned_by()
         amended: a dict of `rows`, the name of a macro in withdrawals.sql that gives a query of
         rows that stay, by key and partition, and `columns`, what they are given anew
         kept: the name of a macro that gives a query; its rows as they were before the run are in
         kept_query() for the model's SQL and for what is withdrawn
#}
{% macro restated_config(withdrawn, unique_key, storage, amended={}, kept=none) -%}
    {%- set config = {
        'materialized': 'incremental',
        'incremental_strategy': 'restate',
        'unique_key': unique_key,
        'on_schema_change': 'fail',
        'post_hook': ['{{ record_restatement() }}'],
        'meta': {'is_restated': true, 'withdrawn': withdrawn, 'amended': amended},
    } -%}
    {%- if kept -%}
        {%- do config.update({
            'pre_hook': "{% if is_incremental() %}{{ keep_query('" ~ kept ~ "', " ~ kept ~ "()) }}"
                ~ "{% endif %}",
        }) -%}
        {%- do config['post_hook'].append("{{ forget_query('" ~ kept ~ "') }}") -%}
    {%- endif -%}
    {%- do config.update(storage) -%}
    {{ return(config) }}
{%- endmacro %}


{#
    The incremental strategy `restate`: the rows that the model's meta `withdrawn` names, and those
    with a key that its SQL gives, are replaced by what its SQL gives; what `amended` names is
    changed in place.
#}
{% macro get_incremental_restate_sql(arguments) -%}
    {%- set meta = model.config.meta -%}
    {{ return(restated_rows_sql(
        arguments.target_relation,
        arguments.temp_relation,
        arguments.unique_key,
        arguments.dest_columns,
        context['logmart'][meta.withdrawn](),
        context['logmart'][meta.amended.rows]() if meta.amended,
        meta.amended.get('columns', []),
    )) }}
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
            "select settings_hash, restatement_number from " ~ ledger
            ~ " where model_name = '" ~ model.name ~ "' order by entry_number desc limit 1"
        ).rows -%}
        {%- if rows and rows[0][0] == logmart.settings_hash() -%}
            {{ return(rows[0][1]) }}
        {%- endif -%}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}


{#-
    A hash of what a restated model's rows depend on beside the events: its SQL and that of the
    models between it and int_judged_events, and the variables. Macros are not in it.
-#}
{% macro settings_hash() -%}
    {%- set variables = logmart.deciding_variables('sessions').values() | list -%}
    {{ return(local_md5(
        logmart.code_hash(model.name, ['int_judged_events']) ~ tojson(variables)
    )) }}
{%- endmacro %}


{#
    A hook of int_judged_events and of the restated models: notes that the model has taken all that
    int_judged_events holds, which the entry of that one says. An entry is added and none changed:
    models that run at once write here, and an engine may let one of two changes of a table fail.
#}
{% macro record_restatement() -%}
{%- set ledger = logmart.built('int_restated_models') if execute -%}
{%- if ledger -%}
{%- set taken = logmart.taken_restatement() -%}
insert into {{ ledger }} (model_name, settings_hash, restatement_number, entry_number)
select
    '{{ model.name }}',
    '{{ logmart.settings_hash() }}',
    coalesce(max(restatement_number), 0),
    (
        select coalesce(max(entry_number), 0) + 1 from {{ ledger }}
        where model_name = '{{ model.name }}'
    )
{%- if model.name == 'int_judged_events' %}
from {{ this }}
{%- else %}
from {{ ledger }}
where model_name = 'int_judged_events'
{%- endif %}
{#- A run that took nothing new leaves the table as it was. #}
having coalesce(max(restatement_number), 0) <> {{ taken if taken is not none else -1 }}
{%- endif -%}
{%- endmacro %}


{#
    A hook of int_judged_events: where it is built whole, so are all that are made of it.
#}
{% macro forget_restatements() -%}
{%- set ledger = logmart.built('int_restated_models') if execute and not is_incremental() -%}
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
    {%- if not chosen and execute and model.config.meta.get('is_restated') -%}
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
    {%- do logmart.check_listed_once('sources', var('sources')) -%}
    {%- for source_name in var('sources') -%}
        {%- do logmart.check_listed_once(
            'planned_events.' ~ source_name, var('planned_events')[source_name]
        ) -%}
        {%- for event in var('planned_events')[source_name] + ['unplanned_events'] -%}
            {%- do models.append((source_name, 'stg_' ~ source_name ~ '__' ~ event)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(models) }}
{%- endmacro %}
