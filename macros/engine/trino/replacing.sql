{#
    Overrides dbt-trino's macro: one statement replaces the table. dbt-trino builds a second table
    and renames both, and between the renames there is no table.
#}
{% macro on_table_exists_logic(
    on_table_exists, existing_relation, intermediate_relation, backup_relation, target_relation
) -%}
    {%- if existing_relation is not none and existing_relation.is_view -%}
        {%- do adapter.drop_relation(existing_relation) -%}
    {%- endif -%}
    {%- call statement('main') -%}
        {{ create_table_as(false, target_relation, sql, 'replace') }}
    {%- endcall -%}
{%- endmacro %}


{#-
    Overrides dbt-trino's macro for models with a contract: the table is created with its rows.
    dbt-trino creates it empty and fills it afterwards, and a reader in between would find no rows.
-#}
{% macro trino__create_table_as(temporary, relation, sql, on_exists=none) -%}
    {%- if config.get('contract').enforced -%}
        {%- do get_assert_columns_equivalent(sql) -%}
        {%- set sql = get_select_subquery(sql) -%}
    {%- endif %}
create {{ 'or replace ' if on_exists == 'replace' }}table
{{ 'if not exists' if on_exists == 'skip' }} {{ relation }}
{{ comment(model.get('description')) }}
{{ properties(temporary) if not temporary }}
as (
{{ sql }}
)
{%- endmacro %}


{#
    Overrides dbt-trino's macro: trino__load_csv_rows() replaces a seed in one step. dbt-trino
    deletes the rows and inserts them again, and a reader in between would find none. Only a seed
    without rows takes dbt's way, because there is nothing to select from.
#}
{% macro trino__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- if agate_table.rows | length == 0 -%}
        {{ return(default__reset_csv_table(model, full_refresh, old_relation, agate_table)) }}
    {%- endif -%}
    {{ return('') }}
{%- endmacro %}


{% macro trino__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set sql -%}
create or replace table {{ this }} as
select
    {%- for name in agate_table.column_names %}
    cast("{{ name }}" as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }})
        as "{{ name }}"{{ ',' if not loop.last }}
    {%- endfor %}
from (
    values
    {%- for row in agate_table.rows %}
    (
        {%- for value in row -%}
            {{ 'null' if value is none else logmart.sql_string(value | string) }}
            {{- ', ' if not loop.last }}
        {%- endfor -%}
    ){{ ',' if not loop.last }}
    {%- endfor %}
) as seed ("{{ agate_table.column_names | join('", "') }}")
    {%- endset -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{ return(sql) }}
{%- endmacro %}
