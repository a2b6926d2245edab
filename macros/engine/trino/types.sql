{% macro trino__engine_type(type) -%}
{%- if type.endswith('[]') -%}
array({{ logmart.trino__engine_type(type[:-2]) }})
{%- elif type == 'timestamp' -%}
timestamp(6)
{%- else -%}
{{ type }}
{%- endif -%}
{%- endmacro %}


{#- A list or struct of a unit test: one of YAML, or JSON text. -#}
{% macro trino__safe_cast(field, type) -%}
{%- if type.lower().startswith(('array', 'row')) and field is not none and field != 'null' -%}
cast(json_parse(
    {{ field if field is string else logmart.sql_string(tojson(field)) }}
) as {{ type }})
{%- else -%}
try_cast({{ field }} as {{ type }})
{%- endif -%}
{%- endmacro %}
