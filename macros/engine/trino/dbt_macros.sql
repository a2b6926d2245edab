{% macro trino__get_empty_schema_sql(columns) -%}
    {%- set casts = [] -%}
    {%- for column in columns.values() -%}
        {%- set type = engine_type(api.Column.translate_type(column['data_type'])) -%}
        {%- do casts.append('cast(null as ' ~ type ~ ') as ' ~ column['name']) -%}
    {%- endfor -%}
    {{ return('select ' ~ casts | join(', ') ~ ' where false') }}
{%- endmacro %}


{#- The key of a snapshot's row. Times lose trailing zeros of the fraction, as in DuckDB. -#}
{% macro trino__snapshot_hash_arguments(args) -%}
lower(to_hex(md5(to_utf8(array_join(array[
    {%- for arg in args %}
    regexp_replace(
        coalesce(cast({{ arg }} as varchar), ''),
        '\A([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:\.[0-9]*[1-9])?)\.?0*\z', '$1'
    ){{ ',' if not loop.last }}
    {%- endfor %}
], '|')))))
{%- endmacro %}


{#- Overrides dbt's macro: as in DuckDB, it counts the boundaries between two moments. -#}
{% macro trino__datediff(first_date, second_date, datepart) -%}
date_diff(
    '{{ datepart }}',
    date_trunc('{{ datepart }}', cast({{ first_date }} as timestamp(6))),
    date_trunc('{{ datepart }}', cast({{ second_date }} as timestamp(6)))
)
{%- endmacro %}


{% macro trino__dateadd(datepart, interval, from_date_or_timestamp) -%}
{%- if datepart in ['hour', 'minute', 'second', 'millisecond'] -%}
date_add('{{ datepart }}', {{ interval }}, cast({{ from_date_or_timestamp }} as timestamp(6)))
{%- else -%}
date_add('{{ datepart }}', {{ interval }}, {{ from_date_or_timestamp }})
{%- endif -%}
{%- endmacro %}


{#- Casts a value of a unit test. A list or struct is YAML or JSON text. -#}
{% macro trino__safe_cast(field, type) -%}
{%- if type.lower().startswith(('array', 'row')) and field is not none and field != 'null' -%}
cast(json_parse(
    {{ field if field is string else logmart.sql_string(tojson(field)) }}
) as {{ type }})
{%- else -%}
try_cast({{ field }} as {{ type }})
{%- endif -%}
{%- endmacro %}
