{#
    The schema of a node: the one it is configured with, bare, so that a table has the same name for
    everybody and in the catalog; the target's own where none is configured.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name | trim if custom_schema_name else target.schema }}
{%- endmacro %}
