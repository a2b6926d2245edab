{#
    The landed files of a source, as the engine lists them.

    in:  landing: a source() whose external location is a pattern of paths
         <landing zone>/<source>/dt=YYYY-MM-DD/<file>, which some file meets
    out: path, landing_file (path below the landing zone), landed_date, size_bytes; one row a file
    Passes over what is no log or is still being written, by its name: logmart/landed/file_names.py
    says which.
    Stops the query, naming the file, when another is not in a partition dt=YYYY-MM-DD.
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

{#- A table that the receive step writes: of files, converted lines, the key, those erased. -#}
{%- macro trino__received(table) -%}
landing.received.{{ table }}
{%- endmacro -%}


{#
    What landed files hold, as a query.

    in:  files: a CTE with a column path
    out: path, line_count (bigint), file_kind (varchar); one row a file. The kind is one of
             plain_text     the engine's CSV reader gives back every line as it is
             broken_text    it does so with all lines but those that are not UTF-8
             other_text     it would change others too
             parquet        one row a line, in a column `line`
#}
{% macro landing_file_facts(files) -%}
    {{ return(adapter.dispatch('landing_file_facts', 'logmart')(files)) }}
{%- endmacro %}

{% macro duckdb__landing_file_facts(files) -%}
select
    facts.path,
    facts.line_count,
    facts.file_kind
from (
    select unnest(landing_file_facts(list(path))) as facts
    from {{ files }}
)
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


{#- What source() gives of a source's table, by its node: a macro of dbt's has no source(). -#}
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
    When the last files of a source's table landed: the query of its freshness.

    in:  landing: a source, as its loaded_at_query knows it by `this`
    out: a query of one timestamp in UTC: the end of the last landed date, at which its files are
         there
#}
{% macro last_landed_at(landing) -%}
    {{ return(adapter.dispatch('last_landed_at', 'logmart')(landing)) }}
{%- endmacro %}

{% macro default__last_landed_at(landing) -%}
select cast(max(landed_date) + interval '1' day as {{ engine_type('timestamp') }})
from ({{ list_landing_files(landing) }}) as landed
{%- endmacro %}


{#
    Whether any file of a source's table has landed; false while dbt parses.

    in:  landing: a source()
#}
{% macro has_landed(landing) -%}
    {{ return(adapter.dispatch('has_landed', 'logmart')(landing)) }}
{%- endmacro %}

{% macro duckdb__has_landed(landing) -%}
    {{ return(logmart.any_file(landing | trim("'"))) }}
{%- endmacro %}

{#- Whether a pattern of paths meets any file; false while dbt parses. -#}
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

{#- Whether any Parquet file of a source's table has landed; false while dbt parses. -#}
{% macro has_landed_parquet(landing) -%}
    {{ return(execute and run_query(
        "select count(*) from (" ~ logmart.list_landing_files(landing)
        ~ ") as landed where path like '%.parquet'"
    ).rows[0][0] > 0) }}
{%- endmacro %}
