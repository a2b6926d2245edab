{#
    Part of DuckDB's choose_new_files(): fills the temporary table of new lines from the new files
    with columns that its CSV reader returns row by row. Each row becomes a JSON object without the
    empty cells. Each file has a statement of its own, because each has its own header.
#}
{% macro read_new_tables(source_name, table) -%}
{%- set new_lines = logmart.new_lines_table(source_name, table) -%}
create or replace temporary table {{ new_lines }} (file_number integer, line varchar)
{%- if execute %}
{%- for path, reader in run_query(
    "select path, landing_table_reader(path, '" ~ logmart.table_form(source_name) ~ "') from ("
    ~ logmart.files_by_novelty(source_name, table)
    ~ ") as files where is_new and file_kind = 'plain_table'"
).rows %};

insert into {{ new_lines }}
select
    cast(list_position(
        getvariable('{{ source_name }}_new_{{ table }}_files').csv_text,
        {{ logmart.sql_string(path) }}
    ) as integer) as file_number,
    case
        when contains(line, ':null') then cast(json_merge_patch('{}', line) as varchar)
        else line
    end as line
from (select cast(to_json(cells) as varchar) as line from {{ reader }} as cells) as objects
{%- endfor %}
{%- endif %}
{%- endmacro %}
