{#
    Overrides dbt's macro. A node's schema is the configured one without a prefix, so that a table
    has the same name for everybody and in the catalog; without configuration it is the target's
    schema.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
