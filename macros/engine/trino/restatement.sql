{% macro trino__restated_rows_sql(
    target, source, unique_key, dest_columns, tombstones, amended, amended_columns
) -%}
    {{ return(logmart.rows_replaced_by_merge(
        target,
        source,
        unique_key,
        dest_columns,
        tombstones=tombstones,
        amended=amended,
        amended_columns=amended_columns,
    )) }}
{%- endmacro %}


{% macro trino__create_scratch_table(name, query) -%}
create or replace table {{ scratch_table(name) }} as
{{ query }}
{%- endmacro %}


{#- Trino has no temporary tables: this one stands beside the model until a hook drops it. -#}
{% macro trino__scratch_table(name) -%}
    {{ return(this.incorporate(path={'identifier': this.identifier ~ '__' ~ name})) }}
{%- endmacro %}
