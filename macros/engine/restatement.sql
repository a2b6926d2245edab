{#
    The statements that replace rows of a restated model in one step: get_incremental_restate_sql().

    in:  target, source: the relations of the model and of what its SQL gives
         unique_key, dest_columns: as in dbt's strategies
         tombstones: a query of rows to delete
         amended: a query of rows to update in amended_columns, none for no such rows
    out: one statement, or several that the engine runs in one transaction
#}
{% macro restated_rows_sql(
    target, source, unique_key, dest_columns, tombstones, amended, amended_columns
) -%}
    {{ return(adapter.dispatch('restated_rows_sql', 'logmart')(
        target, source, unique_key, dest_columns, tombstones, amended, amended_columns
    )) }}
{%- endmacro %}

{% macro duckdb__restated_rows_sql(
    target, source, unique_key, dest_columns, tombstones, amended, amended_columns
) -%}
delete from {{ target }} as kept
using (
    {{ tombstones | indent }}
) as tombstones
where
    {%- for key in unique_key %}
    kept.{{ key }} = tombstones.{{ key }}
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
    A statement for a hook: puts the rows of a query into a scratch table, which exists while the
    model runs. scratch_table() is its relation.
#}
{% macro create_scratch_table(name, query) -%}
    {{ return(adapter.dispatch('create_scratch_table', 'logmart')(name, query)) }}
{%- endmacro %}

{% macro duckdb__create_scratch_table(name, query) -%}
create or replace temporary table {{ scratch_table(name) }} as
{{ query }}
{%- endmacro %}


{% macro scratch_table(name) -%}
    {{ return(adapter.dispatch('scratch_table', 'logmart')(name)) }}
{%- endmacro %}

{% macro duckdb__scratch_table(name) -%}
    {{ return(name) }}
{%- endmacro %}
