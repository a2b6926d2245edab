{#
    Returns the engine's name of a type of a contract: varchar, bigint, double, boolean, timestamp
    (with microseconds), date, or a list of one of them, such as varchar[].
#}
{% macro engine_type(type) -%}
    {{ return(adapter.dispatch('engine_type', 'logmart')(type)) }}
{%- endmacro %}

{% macro default__engine_type(type) -%}
{{ type }}
{%- endmacro %}

{% macro trino__engine_type(type) -%}
{%- if type.endswith('[]') -%}
array({{ logmart.trino__engine_type(type[:-2]) }})
{%- elif type == 'timestamp' -%}
timestamp(6)
{%- else -%}
{{ type }}
{%- endif -%}
{%- endmacro %}


{#
    Returns the engine's name of a struct type.

    in:  fields: field name -> type, as engine_type() takes it
#}
{% macro struct_type(fields) -%}
    {{ return(adapter.dispatch('struct_type', 'logmart')(fields)) }}
{%- endmacro %}

{% macro default__struct_type(fields) -%}
row({{ logmart.typed_fields(fields) }})
{%- endmacro %}

{% macro duckdb__struct_type(fields) -%}
struct({{ logmart.typed_fields(fields) }})
{%- endmacro %}

{% macro typed_fields(fields) -%}
    {%- for name, type in fields.items() -%}
    {{ name }} {{ engine_type(type) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#
    Casts a text; null where the text is out of the type's range or is no value of the type.
#}
{% macro try_cast(text, type) -%}
    {{ return(adapter.dispatch('try_cast', 'logmart')(text, type)) }}
{%- endmacro %}

{% macro default__try_cast(text, type) -%}
try_cast({{ text }} as {{ type }})
{%- endmacro %}


{#
    Casts the text of a JSON number to a double; null where it is out of range, NaN or Infinity.
#}
{% macro finite_double(text) -%}
    {{ return(adapter.dispatch('finite_double', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__finite_double(text) -%}
case
    when isfinite(try_cast({{ text }} as double)) then try_cast({{ text }} as double)
end
{%- endmacro %}

{% macro trino__finite_double(text) -%}
case
    when is_finite(try_cast({{ text }} as double)) then try_cast({{ text }} as double)
end
{%- endmacro %}
