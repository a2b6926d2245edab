{% macro trino__restated_rows_sql(
    target, source, unique_key, dest_columns, withdrawn, amended, amended_columns
) -%}
    {{ return(logmart.rows_replaced_by_merge(
        target,
        source,
        unique_key,
        dest_columns,
        withdrawn=withdrawn,
        amended=amended,
        amended_columns=amended_columns,
    )) }}
{%- endmacro %}


{% macro trino__keep_query(name, query) -%}
create or replace table {{ kept_query(name) }} as
{{ query }}
{%- endmacro %}


{#- Trino has no temporary tables: this one stands beside the model until it has run. -#}
{% macro trino__kept_query(name) -%}
    {{ return(this.incorporate(path={'identifier': this.identifier ~ '__' ~ name})) }}
{%- endmacro %}
