{#- What source() gives of a source's table, by its node: a macro of dbt's has no source(). -#}
{% macro landing_of(node) -%}
    {{ return(adapter.dispatch('landing_of', 'logmart')(node)) }}
{%- endmacro %}

{% macro duckdb__landing_of(node) -%}
    {{ return(api.Relation.create(
        schema=node.schema,
        identifier=node.identifier,
        external="'" ~ node.meta.external_location ~ "'",
    )) }}
{%- endmacro %}
