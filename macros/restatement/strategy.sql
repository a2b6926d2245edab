{#
    The configuration of a model whose increments restate some of its rows. An increment deletes the
    rows that tombstones() names and the rows with a key that the model's SQL gives, updates those
    that amendments() names, and inserts what the SQL gives: in one step, so that the SQL reads the
    table as the run before left it. The first run builds the table whole, and so does a run after
    the model's SQL or a variable has changed (should_full_refresh()). A changed macro is not
    noticed: build with --full-refresh then.

    in:  unique_key: the columns that identify a row
         storage: partitioned_by()
#}
{% macro restated_config(unique_key, storage) -%}
    {%- set config = {
        'materialized': 'incremental',
        'incremental_strategy': 'restate',
        'unique_key': unique_key,
        'on_schema_change': 'fail',
        'post_hook': ['{{ record_watermark() }}'],
        'meta': {'is_restated': true},
    } -%}
    {%- do config.update(storage) -%}
    {{ return(config) }}
{%- endmacro %}


{#- dbt calls it for the incremental strategy `restate`. -#}
{% macro get_incremental_restate_sql(arguments) -%}
    {%- set amended = amendments() -%}
    {{ return(restated_rows_sql(
        arguments.target_relation,
        arguments.temp_relation,
        arguments.unique_key,
        arguments.dest_columns,
        tombstones(),
        amended.get('rows'),
        amended.get('columns', []),
    )) }}
{%- endmacro %}


{#
    The rows that an increment of the model that runs deletes, beside those with a key that its SQL
    gives.

    out: a query of at least the model's unique key and what the model is partitioned by; a row of
         the query need not be in the model
#}
{% macro tombstones() -%}
    {%- if model.name in ['int_sessionized_events', 'fct_events'] -%}
        {{ return(event_tombstones()) }}
    {%- elif model.name in ['int_sessions', 'int_session_identities', 'fct_sessions'] -%}
        {{ return(session_tombstones()) }}
    {%- elif model.name in ['int_user_days', 'int_user_platform_days'] -%}
        {{ return(user_day_tombstones()) }}
    {%- elif model.name == 'fct_funnel_steps' -%}
        {{ return(funnel_step_tombstones()) }}
    {%- endif -%}
    {{ exceptions.raise_compiler_error(
        model.name ~ ' has no tombstones: name it in tombstones(), macros/restatement/strategy.sql'
    ) }}
{%- endmacro %}


{#
    The rows that stay in the model that runs and of which an increment updates some columns.

    out: a dict of `rows`, a query of the model's unique key, what the model is partitioned by and
         the columns; and `columns`, their names. Empty for a model without such rows
#}
{% macro amendments() -%}
    {%- if model.name == 'fct_events' -%}
        {{ return({
            'rows': event_amendments(), 'columns': ['session_id', 'stitched_user_id']
        }) }}
    {%- endif -%}
    {{ return({}) }}
{%- endmacro %}


{#
    The watermark of the model that runs: the last restatement (restatement_number of
    int_judged_events) that it has read. A row above the watermark belongs to the batch that the
    model has still to read. 0 where no watermark is recorded.
#}
{% macro watermark() -%}
    {%- set recorded = logmart.recorded_watermark() if execute -%}
    {{ return(recorded if recorded else 0) }}
{%- endmacro %}


{#-
    The watermark that int_restated_models holds of the model that runs; none where the model must
    be built whole, because nothing is recorded or the settings have changed since.
-#}
{% macro recorded_watermark() -%}
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
    A hash of what a restated model's rows depend on beside the events: its SQL, that of the models
    between it and int_judged_events, and the variables. Macros are not part of it.
-#}
{% macro settings_hash() -%}
    {#- The tables hold hashes of the values in this order. -#}
    {%- set variables = logmart.deciding_variables('sessions') | dictsort | map('last') | list -%}
    {%- set trackers = logmart.session_properties() -%}
    {{ return(local_md5(
        logmart.code_hash(model.name, ['int_judged_events']) ~ tojson(variables)
        ~ (tojson(trackers, sort_keys=true) if trackers else '')
    )) }}
{%- endmacro %}


{#
    A hook after int_judged_events and after each restated model: records as the model's watermark
    the last restatement that int_judged_events has recorded of itself. The ledger
    int_restated_models is only appended to: models that run at once write to it, and an engine may
    fail one of two concurrent updates.
#}
{% macro record_watermark() -%}
{%- set ledger = logmart.built('int_restated_models') if execute -%}
{%- if ledger -%}
{%- set recorded = logmart.recorded_watermark() -%}
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
{#- Nothing is recorded where the watermark has not moved. #}
having coalesce(max(restatement_number), 0) <> {{ recorded if recorded is not none else -1 }}
{%- endif -%}
{%- endmacro %}


{#
    A hook before int_judged_events: when that model is built whole, deletes all watermarks, so that
    every restated model is built whole after it.
#}
{% macro reset_watermarks() -%}
{%- set ledger = logmart.built('int_restated_models') if execute and not is_incremental() -%}
{%- if ledger -%}
delete from {{ ledger }}
{%- endif -%}
{%- endmacro %}


{#
    Overrides dbt's macro of this name, which says whether the model that runs is built whole: a
    restated model without a recorded watermark is built whole too.
#}
{% macro should_full_refresh() -%}
    {%- set chosen = config.get('full_refresh') -%}
    {%- if chosen is none -%}
        {%- set chosen = flags.FULL_REFRESH -%}
    {%- endif -%}
    {%- if not chosen and execute and model.config.meta.get('is_restated') -%}
        {%- set chosen = logmart.recorded_watermark() is none -%}
    {%- endif -%}
    {{ return(chosen) }}
{%- endmacro %}
