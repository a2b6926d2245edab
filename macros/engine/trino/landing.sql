{#
    The receive step (logmart/trino/receive.py) looks at the landing zone before dbt runs: it lists
    and reads files as the macros of DuckDB do, and stops on what they stop on. What it found is in
    landing.received.files, one row a file and table of a source.
#}
{% macro trino__list_landing_files(landing) -%}
select
    path,
    landing_file,
    landed_date,
    size_bytes
from {{ logmart.trino__received('files') }}
where source_name = '{{ landing.schema }}' and table_name = '{{ landing.identifier }}'
{%- endmacro %}


{% macro trino__landing_file_facts(files) -%}
select
    path,
    max(line_count) as line_count,
    max(file_kind) as file_kind
from {{ logmart.trino__received('files') }}
where path in (select path from {{ files }})
group by path
{%- endmacro %}


{#- The receive step leaves the lines of new files alone. -#}
{% macro trino__choose_new_files(source_name, table) -%}
{%- endmacro %}


{% macro trino__forget_new_lines(source_name, table) -%}
{%- endmacro %}


{#
    Trino numbers no lines as it reads them, so the receive step does; what it has received and is
    not loaded is in the source's view. A run that no receive step precedes finds lines there that
    are loaded: it asks first which files these are, so that their dates alone are looked into.
#}
{% macro trino__new_landing_lines(source_name, table) -%}
{%- set received_dates = [] -%}
{%- set loaded_files = [] -%}
{%- if is_incremental() -%}
    {%- for file in run_query(
        'select distinct landing_file, landed_date from ' ~ logmart.trino__received('files')
        ~ ' where landing_file in (select landing_file from '
        ~ logmart.trino__received('lines') ~ ')'
    ).rows -%}
        {%- do received_dates.append("date '" ~ file[1] ~ "'") -%}
    {%- endfor -%}
    {%- if received_dates -%}
        {%- for file in run_query(
            'select landing_file from ' ~ this ~ ' where line_number = 1 and landed_date in ('
            ~ received_dates | unique | join(', ') ~ ')'
            ~ ' and landing_file in (select landing_file from '
            ~ logmart.trino__received('lines') ~ ')'
        ).rows -%}
            {%- do loaded_files.append(logmart.sql_string(file[0])) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endif -%}
select
    landing_file,
    line_number,
    line
from {{ source(source_name, table) }}
where
    landing_file in (select landing_file from {{ ref('base_' ~ source_name ~ '__files') }})
    {%- if loaded_files %}
    and landing_file not in ({{ loaded_files | join(', ') }})
    {%- endif %}
{%- endmacro %}


{#- Trino works a CTE out wherever it is read: once is enough. -#}
{% macro trino__repeated_copies(copies) -%}
{{ copies }}
{%- endmacro %}


{% macro trino__last_landed_at(landing) -%}
select cast(max(landed_date) + interval '1' day as timestamp(6))
from ({{ list_landing_files(landing) }}) as landed
{%- endmacro %}


{% macro trino__has_landed(landing) -%}
    {{ return(
        execute and run_query(
            'select count(*) from (' ~ logmart.trino__list_landing_files(landing) ~ ')'
        ).rows[0][0] > 0
    ) }}
{%- endmacro %}


{% macro trino__stop_query(message) -%}
cast(fail({{ message }}) as boolean)
{%- endmacro %}
