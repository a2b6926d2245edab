{#
    A pre-hook of a base model. It selects the landed files that the model has not loaded yet, and
    reads the lines of those that are text. The hook forget_new_lines() drops the lines.

    On DuckDB a session variable holds the paths, so that the model's SQL is the same whatever has
    landed. A temporary table holds the lines, and its rowid their order: a window function would
    number them on one core.

    in:  source_name; table: the source's table that lists the files
#}
{% macro choose_new_files(source_name, table='events') -%}
    {{ return(adapter.dispatch('choose_new_files', 'logmart')(source_name, table)) }}
{%- endmacro %}

{% macro duckdb__choose_new_files(source_name, table) -%}
{%- set new_files = "getvariable('" ~ source_name ~ "_new_" ~ table ~ "_files')" -%}
set variable {{ source_name }}_new_{{ table }}_files = (
    select
        {
            {%- for name, file_kinds in {
                'csv_text': "'plain_text', 'broken_text', 'plain_table'",
                'broken_text': "'broken_text'",
                'other_text': "'other_text', 'other_table'",
                'parquet': "'parquet', 'columns'",
            }.items() %}
            '{{ name }}': coalesce(
                list(path) filter (where is_new and file_kind in ({{ file_kinds }})), []
            ),
            {%- endfor %}
            {#- read_parquet() rejects an empty list. #}
            'some_parquet': coalesce(
                list(path) filter (where is_new and file_kind in ('parquet', 'columns')),
                [min(path) filter (where path like '%.parquet')]
            )
        }
    from ({{ logmart.files_by_novelty(source_name, table) }})
);

{% if logmart.table_form(source_name) -%}
{{ logmart.read_new_tables(source_name, table) }}
{%- else -%}
create or replace temporary table {{ logmart.new_lines_table(source_name, table) }} as
{{ logmart.text_lines(source_name, table) }}
{%- endif %}
{%- endmacro %}

{#- The landed files of a source: path, file_kind and is_new, whether the base lacks its lines. -#}
{%- macro files_by_novelty(source_name, table) -%}
select
    landed.path,
    ledger.file_kind,
    ledger.line_count > 0
    {%- if is_incremental() %}
    and landing_file not in ({{ logmart.loaded_files(source_name, this) }})
    {%- endif %} as is_new
from ({{ list_landing_files(source(source_name, table)) }}) as landed
left join {{ ref('base_' ~ source_name ~ '__files') }} as ledger using (landing_file)
{%- endmacro -%}

{#- The lines of new text files in their order: file_number (a place in csv_text), line. -#}
{%- macro text_lines(source_name, table) -%}
{%- set new_files = "getvariable('" ~ source_name ~ "_new_" ~ table ~ "_files')" -%}
select
    cast(list_position({{ new_files }}.csv_text, filename) as integer) as file_number,
    coalesce(line, '') as line
from read_csv(
    {{ source(source_name, table) }}, columns = {'line': 'varchar'}, delim = '\x01', quote = '',
    escape = '', header = false, auto_detect = false, strict_mode = false, null_padding = true,
    ignore_errors = true, filename = true, hive_partitioning = false
)
where list_contains({{ new_files }}.csv_text, filename)
{%- endmacro -%}

{#- The receive step has read the new files before dbt runs. -#}
{% macro trino__choose_new_files(source_name, table) -%}
{%- endmacro %}


{#
    A post-hook of a base model that drops what choose_new_files() read.
#}
{% macro forget_new_lines(source_name, table='events') -%}
    {{ return(adapter.dispatch('forget_new_lines', 'logmart')(source_name, table)) }}
{%- endmacro %}

{% macro duckdb__forget_new_lines(source_name, table) -%}
drop table if exists {{ logmart.new_lines_table(source_name, table) }}
{%- endmacro %}

{%- macro new_lines_table(source_name, table) -%}
temp.main.{{ source_name }}_new_{{ table }}_lines
{%- endmacro -%}

{% macro trino__forget_new_lines(source_name, table) -%}
{%- endmacro %}


{#
    A query of the lines of a source's files that are not loaded yet. The model needs
    choose_new_files() as a pre-hook.

    in:  source_name; table: as for choose_new_files()
    out: landing_file, line_number (from 1), line (never null); one row a line, with broken and
         blank lines
    The query stops, naming the file, where the engine read fewer or more lines than the ledger
    counts.
#}
{% macro new_landing_lines(source_name, table='events') -%}
    {{ return(adapter.dispatch('new_landing_lines', 'logmart')(source_name, table)) }}
{%- endmacro %}

{% macro duckdb__new_landing_lines(source_name, table) -%}
{%- set landing = source(source_name, table) -%}
{%- set new_files = "getvariable('" ~ source_name ~ "_new_" ~ table ~ "_files')" -%}
{%- set new_lines = logmart.new_lines_table(source_name, table) -%}
with broken_lines as {{ materialized() }} (
    select
        path,
        broken.line_number,
        broken.line
    from (
        select
            path,
            unnest(landing_file_broken_lines(path)) as broken
        from (select unnest({{ new_files }}.broken_text) as path)
    )
),

line_runs as (
    {{ logmart.line_runs(source_name, new_files, new_lines) | indent }}
)

select
    runs.landing_file,
    cast(
        lines.rowid + runs.to_line_number + {{ logmart.header_lines(source_name) }} as bigint
    ) as line_number,
    lines.line
from {#- Lineage stops at a temporary table. #} {{ new_lines if not is_compiled_for_lineage()
    else '(' ~ logmart.text_lines(source_name, table) ~ ')' }} as lines
inner join line_runs as runs
    on
        lines.rowid // 1024 = runs.bucket
        and lines.rowid between runs.first_row and runs.last_row
union all
select
    {{ landing_file_of('path') | indent(4) }} as landing_file,
    line_number,
    line
from broken_lines
union all
select
    landing_file,
    {%- if logmart.table_form(source_name) %}
    file_lines.line_number,
    file_lines.line
    {%- else %}
    generate_subscripts(file_lines, 1) as line_number,
    unnest(file_lines) as line
    {%- endif %}
from (
    select
        {{ landing_file_of('path') | indent(8) }} as landing_file,
        {%- if logmart.table_form(source_name) %}
        unnest(landing_table_rows(path, '{{ logmart.table_form(source_name) }}')) as file_lines
        {%- else %}
        landing_file_lines(path) as file_lines
        {%- endif %}
    from (select unnest({{ new_files }}.other_text) as path)
)
{%- if logmart.has_landed_parquet(landing) %}
union all
select
    {{ landing_file_of('filename') | indent(4) }} as landing_file,
    file_row_number + 1 as line_number,
    {%- if logmart.table_form(source_name) %}
    {#- An erasure puts the text of a changed row into this column (removed_lines.py). #}
    coalesce(
        json_extract_string(to_json(rows), '$.logmart_line'),
        cast(json_merge_patch('{}', to_json(rows)) as varchar)
    ) as line
from read_parquet(
    {{ new_files ~ '.some_parquet' if not is_compiled_for_lineage() else landing }},
    union_by_name = true, hive_partitioning = false
) as rows
    {%- else %}
    coalesce(line, '') as line
from read_parquet(
    {{ new_files ~ '.some_parquet' if not is_compiled_for_lineage() else landing }},
    filename = true, file_row_number = true, hive_partitioning = false
)
    {%- endif %}
where list_contains({{ new_files }}.parquet, filename)
{%- endif %}
{%- endmacro %}

{#
    A query of the runs of consecutive lines in the temporary table, with no broken line within a
    run: landing_file, first_row, last_row, to_line_number (line number minus rowid) and bucket. A
    run has one row for each bucket of 1024 rowids that it reaches into, so that a hash join on the
    bucket finds the run of a rowid.

    in:  source_name; new_files, new_lines: expressions; reads a CTE broken_lines
#}
{% macro line_runs(source_name, new_files, new_lines) -%}
with read_files as (
    select
        {{ new_files }}.csv_text[file_number] as path,
        min(rowid) as first_row,
        max(rowid) as last_row,
        count(*) as row_count
    from {{ new_lines }}
    group by file_number
),

broken_counts as (
    select
        path,
        count(*) as broken_count
    from broken_lines
    group by path
),

files as (
    select
        paths.path,
        ledger.landing_file,
        read_files.first_row,
        read_files.last_row
    from (select unnest({{ new_files }}.csv_text) as path) as paths
    inner join {{ ref('base_' ~ source_name ~ '__files') }} as ledger
        on {{ landing_file_of('paths.path') | indent(8) }} = ledger.landing_file
    left join read_files on paths.path = read_files.path
    left join broken_counts on paths.path = broken_counts.path
    where
        case
            when
                coalesce(read_files.row_count, 0) + coalesce(broken_counts.broken_count, 0)
                <> ledger.line_count
                or read_files.last_row - read_files.first_row + 1 <> read_files.row_count
                then {{ stop_query(
                    "'landing file ' || paths.path || ' has ' || ledger.line_count || ' lines, of"
                    ~ " which ' || coalesce(read_files.row_count, 0) || ' were read in order: land"
                    ~ " it again as a new file, or take it out of the landing zone'"
                ) }}
            else read_files.row_count > 0
        end
),

starts as (
    select
        path,
        first_row as start_row,
        0 as skipped
    from files
    union all
    select
        files.path,
        files.first_row + broken_lines.line_number - row_number() over broken,
        row_number() over broken
    from broken_lines
    inner join files on broken_lines.path = files.path
    window broken as (partition by broken_lines.path order by broken_lines.line_number)
),

runs as (
    select
        files.landing_file,
        starts.start_row as first_row,
        lead(starts.start_row - 1, 1, files.last_row) over (
            partition by starts.path order by starts.skipped
        ) as last_row,
        starts.skipped - files.first_row + 1 as to_line_number
    from starts
    inner join files on starts.path = files.path
)

select
    *,
    unnest(range(first_row // 1024, last_row // 1024 + 1)) as bucket
from runs
where first_row <= last_row
{%- endmacro %}

{#
    Trino does not number the lines that it reads, so the receive step numbers them. The source's
    view holds the lines that it received. Where dbt runs again without a receive step, the view
    still holds lines that are loaded: two queries find their files first, so that the model reads
    the landed dates of those files only.
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
