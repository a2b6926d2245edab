{% macro trino__engine_type(type) -%}
{%- if type.endswith('[]') -%}
array({{ logmart.trino__engine_type(type[:-2]) }})
{%- elif type == 'timestamp' -%}
timestamp(6)
{%- else -%}
{{ type }}
{%- endif -%}
{%- endmacro %}
