{#
    The receive step (scripts/trino_receive.py) looks at the landing zone before dbt runs: it lists
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


{% macro trino__landing_file_facts(path) -%}
(
    select cast(
        row(max(line_count), max(file_kind)) as row(line_count bigint, file_kind varchar)
    )
    from {{ logmart.trino__received('files') }} as received
    where received.path = {{ path }}
)
{%- endmacro %}


{#- Which files are new is part of the query of new_landing_lines(). -#}
{% macro trino__choose_new_files(source_name, table) -%}
{%- endmacro %}


{#
    A text file is one split (hive.max-split-size), whose lines are numbered as they are read. What
    Trino's reader would not give back line by line is read from landing.received.lines.
#}
{% macro trino__new_landing_lines(source_name, table) -%}
{%- set landing = source(source_name, table) -%}
{%- set new_files -%}
select
            landed.path,
            landed.landing_file,
            landed.landed_date,
            ledger.file_kind
        from ({{ list_landing_files(landing) | indent(8) }}) as landed
        inner join {{ ref('base_' ~ source_name ~ '__files') }} as ledger
            on landed.landing_file = ledger.landing_file
        {%- if is_incremental() %}
        where landed.landing_file not in (
            select landing_file from {{ this }}
            where line_number = 1
        )
        {%- endif %}
{%- endset -%}
select
    files.landing_file,
    lines.line_number,
    lines.line
from (
    select
        filename,
        row_number() over (partition by filename) as line_number,
        coalesce(line, '') as line
    from {{ landing }}
    where
        dt in (select landed_date from ({{ new_files }}))
        and filename in (select path from ({{ new_files }}) where file_kind = 'plain_text')
) as lines
inner join ({{ new_files }}) as files on lines.filename = files.path
union all
select
    landing_file,
    line_number,
    line
from {{ logmart.trino__received('lines') }}
where landing_file in (
    select landing_file from ({{ new_files }}) where file_kind <> 'plain_text'
)
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
