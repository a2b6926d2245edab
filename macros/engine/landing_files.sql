{#
    A query of the landed files of a source.

    in:  landing: a source() whose external location is a pattern of paths
         <landing zone>/<source>/dt=YYYY-MM-DD/<file> that at least one file matches
    out: path, landing_file (path below the landing zone), landed_date, size_bytes; one row a file.
         is_landed_file() of logmart/landed/file_names.py leaves out files that are no logs or are
         still being written.
    The query stops, naming the file, where a log is outside of a partition dt=YYYY-MM-DD.
#}
{% macro list_landing_files(landing) -%}
    {{ return(adapter.dispatch('list_landing_files', 'logmart')(landing)) }}
{%- endmacro %}

{% macro duckdb__list_landing_files(landing) -%}
select
    path,
    case
        when landed_date is not null then {{ landing_file_of('path') }}
        else error(
            'landing file ' || path
            || ' is not in a folder dt=YYYY-MM-DD of its source: move it into the partition'
            || ' of the day it arrived, or out of the landing zone'
        )
    end as landing_file,
    landed_date,
    size_bytes
from (
    select
        filename as path,
        try_cast(
            regexp_extract(
                filename, '/{{ landing.schema }}/dt=(\d{4}-\d{2}-\d{2})/[^/]+$', 1
            ) as date
        ) as landed_date,
        size as size_bytes
    from read_blob({{ landing }})
    where is_landed_file(filename)
)
{%- endmacro %}

{#- The path below the landing zone of a file that list_landing_files() lists. -#}
{% macro landing_file_of(path) -%}
regexp_extract({{ path }}, '([^/]+/dt=[^/]+/[^/]+)$', 1)
{%- endmacro %}

{#
    The receive step (logmart/trino/receive.py) reads the landing zone before dbt runs: it lists and
    reads files as DuckDB's macros do, and stops where they stop. It writes what it found into
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

{#- A table that the receive step writes: `files`, `lines`, `id_key` or `erased_ids`. -#}
{%- macro trino__received(table) -%}
landing.received.{{ table }}
{%- endmacro -%}


{#
    A query of the length and kind of landed files.

    in:  files: a CTE with a column path; source_name
    out: path, line_count (bigint), file_kind (varchar); one row a file. The kind decides how the
         file is read:
             plain_text     the engine's CSV reader returns every line unchanged
             broken_text    the CSV reader returns every line except those that are not UTF-8
             other_text     the CSV reader would change other lines too
             parquet        one row a line, in a column `line`
         and of a source whose option `format` is csv or columns, whose rows are counted:
             plain_table    the engine's CSV reader returns every row, in the order of the lines
             other_table    rows are read line by line
             columns        Parquet with columns
#}
{% macro landing_file_facts(files, source_name) -%}
    {{ return(adapter.dispatch('landing_file_facts', 'logmart')(files, source_name)) }}
{%- endmacro %}

{% macro duckdb__landing_file_facts(files, source_name) -%}
select
    facts.path,
    facts.line_count,
    facts.file_kind
from (
    {%- if logmart.table_form(source_name) %}
    select unnest(landing_table_facts(list(path), '{{ logmart.table_form(source_name) }}')) as facts
    {%- else %}
    select unnest(landing_file_facts(list(path))) as facts
    {%- endif %}
    from {{ files }}
)
{%- endmacro %}

{#- logmart/trino/receive.py refuses a source with columns. -#}
{% macro trino__landing_file_facts(files, source_name) -%}
select
    path,
    max(line_count) as line_count,
    max(file_kind) as file_kind
from {{ logmart.trino__received('files') }}
where path in (select path from {{ files }})
group by path
{%- endmacro %}


{#
    Returns what source() returns of a source's node. Use it in macros that dbt calls without
    source().
#}
{% macro landing_of(node) -%}
    {{ return(adapter.dispatch('landing_of', 'logmart')(node)) }}
{%- endmacro %}

{% macro default__landing_of(node) -%}
    {{ return(api.Relation.create(schema=node.schema, identifier=node.identifier)) }}
{%- endmacro %}

{% macro duckdb__landing_of(node) -%}
    {{ return(api.Relation.create(
        schema=node.schema,
        identifier=node.identifier,
        external="'" ~ node.meta.external_location ~ "'",
    )) }}
{%- endmacro %}


{#
    A query of the moment at which a source's table landed last: one timestamp in UTC, the end of
    the last landed date. Source freshness is measured from it.

    in:  landing: a source, as its loaded_at_query knows it by `this`
#}
{% macro last_landed_at(landing) -%}
    {{ return(adapter.dispatch('last_landed_at', 'logmart')(landing)) }}
{%- endmacro %}

{% macro default__last_landed_at(landing) -%}
select cast(max(landed_date) + interval '1' day as {{ engine_type('timestamp') }})
from ({{ list_landing_files(landing) }}) as landed
{%- endmacro %}


{#
    Whether a file of a source's table has landed; false while dbt parses.

    in:  landing: a source()
#}
{% macro has_landed(landing) -%}
    {{ return(adapter.dispatch('has_landed', 'logmart')(landing)) }}
{%- endmacro %}

{% macro duckdb__has_landed(landing) -%}
    {{ return(logmart.any_file(landing | trim("'"))) }}
{%- endmacro %}

{#- Whether a file matches a pattern of paths; false while dbt parses. -#}
{% macro any_file(pattern) -%}
    {{ return(
        execute and run_query("select count(*) from glob('" ~ pattern ~ "')").rows[0][0] > 0
    ) }}
{%- endmacro %}

{% macro trino__has_landed(landing) -%}
    {{ return(
        execute and run_query(
            'select count(*) from (' ~ logmart.trino__list_landing_files(landing) ~ ')'
        ).rows[0][0] > 0
    ) }}
{%- endmacro %}

{#- Whether a Parquet file of a source's table has landed; false while dbt parses. -#}
{% macro has_landed_parquet(landing) -%}
    {{ return(execute and run_query(
        "select count(*) from (" ~ logmart.list_landing_files(landing)
        ~ ") as landed where path like '%.parquet'"
    ).rows[0][0] > 0) }}
{%- endmacro %}
