{% macro trino__landing_of(node) -%}
    {{ return(api.Relation.create(schema=node.schema, identifier=node.identifier)) }}
{%- endmacro %}
