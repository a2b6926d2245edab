{#
    What replaces rows of a restated model in one step: get_incremental_restate_sql().

    in:  target, source: the model's relation, and that of what its SQL gives
         unique_key, dest_columns: as in dbt's strategies
         withdrawn, amended: queries of rows to delete, and to change in amended_columns (none for
         no such rows): see macros/restatement/withdrawals.sql
    out: statements, which the engine runs in one transaction or which are one
#}
{% macro restated_rows_sql(
    target, source, unique_key, dest_columns, withdrawn, amended, amended_columns
) -%}
    {{ return(adapter.dispatch('restated_rows_sql', 'logmart')(
        target, source, unique_key, dest_columns, withdrawn, amended, amended_columns
    )) }}
{%- endmacro %}

{% macro duckdb__restated_rows_sql(
    target, source, unique_key, dest_columns, withdrawn, amended, amended_columns
) -%}
delete from {{ target }} as kept
using (
    {{ withdrawn | indent }}
) as withdrawn
where
    {%- for key in unique_key %}
    kept.{{ key }} = withdrawn.{{ key }}
    {{- ' and' if not loop.last }}
    {%- endfor %};
{%- if amended %}
update {{ target }} as kept
set
    {%- for column in amended_columns %}
    {{ column }} = amended.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
from (
    {{ amended | indent }}
) as amended
where
    {%- for key in unique_key %}
    kept.{{ key }} = amended.{{ key }}
    {{- ' and' if not loop.last }}
    {%- endfor %};
{%- endif %}
{{ get_delete_insert_merge_sql(target, source, unique_key, dest_columns, none) }}
{%- endmacro %}


{#
    A hook that keeps the rows of a query for as long as the model that runs; kept_query() is their
    relation, and forget_query() the hook that ends it.
#}
{% macro keep_query(name, query) -%}
    {{ return(adapter.dispatch('keep_query', 'logmart')(name, query)) }}
{%- endmacro %}

{% macro duckdb__keep_query(name, query) -%}
create or replace temporary table {{ kept_query(name) }} as
{{ query }}
{%- endmacro %}


{% macro kept_query(name) -%}
    {{ return(adapter.dispatch('kept_query', 'logmart')(name)) }}
{%- endmacro %}

{% macro duckdb__kept_query(name) -%}
    {{ return(name) }}
{%- endmacro %}

{% macro forget_query(name) -%}
drop table if exists {{ kept_query(name) }}
{%- endmacro %}
