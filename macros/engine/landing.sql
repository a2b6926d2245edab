{#
    The landed files of a source, as the engine lists them.

    in:  landing: a source() whose external location is a pattern of paths
         <landing zone>/<source>/dt=YYYY-MM-DD/<file>, which some file meets
    out: path, landing_file (path below the landing zone), landed_date, size_bytes; one row a file
    Passes over what is no log or is still being written: a file whose own name, or that of the
    folder straight above it, begins with a dot or an underscore, as Hive and Spark do; a file whose
    name ends in .part, .partial, .tmp, .crdownload or ._COPYING_.
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
            regexp_extract(filename, '/[^/]+/dt=(\d{4}-\d{2}-\d{2})/[^/]+$', 1) as date
        ) as landed_date,
        size as size_bytes
    from read_blob({{ landing }})
    where not regexp_matches(
        filename, '/[._][^/]*(/[^/]*)?$|\.(part|partial|tmp|crdownload|_COPYING_)$'
    )
)
{%- endmacro %}

{#- The path below the landing zone of a file that list_landing_files() lists. -#}
{% macro landing_file_of(path) -%}
regexp_extract({{ path }}, '([^/]+/dt=[^/]+/[^/]+)$', 1)
{%- endmacro %}


{#
    What a landed file holds.

    in:  path, an expression
    out: a struct of line_count (bigint) and file_kind (varchar): plain_text (the engine's CSV
         reader gives back every line as it is), other_text (it would not) or parquet (one row a
         line, in a column `line`)
#}
{% macro landing_file_facts(path) -%}
    {{ return(adapter.dispatch('landing_file_facts', 'logmart')(path)) }}
{%- endmacro %}

{% macro duckdb__landing_file_facts(path) -%}
landing_file_facts({{ path }})
{%- endmacro %}


{#
    A hook of a base model: fixes which landed files it has yet to load before it reads any. The
    paths go into a session variable, so that the model's SQL stays the same whatever has landed.

    in:  source_name; table, the one of the source's tables whose files are meant
#}
{% macro choose_new_files(source_name, table='events') -%}
    {{ return(adapter.dispatch('choose_new_files', 'logmart')(source_name, table)) }}
{%- endmacro %}

{% macro duckdb__choose_new_files(source_name, table) -%}
set variable {{ source_name }}_new_{{ table }}_files = (
    select
        {
            {%- for file_kind in ['plain_text', 'other_text', 'parquet'] %}
            '{{ file_kind }}': coalesce(
                list(path) filter (where file_kind = '{{ file_kind }}'), []
            ),
            {%- endfor %}
        }
    from ({{ list_landing_files(source(source_name, table)) }}) as landed
    inner join {{ ref('base_' ~ source_name ~ '__files') }} as ledger using (landing_file)
    {%- if is_incremental() %}
    {#- A loaded file has a first line, unless it is empty. #}
    where landing_file not in (select landing_file from {{ this }} where line_number = 1)
    {%- endif %}
)
{%- endmacro %}


{#
    The lines of a source's files that are not loaded yet. Needs choose_new_files() as a hook of the
    model.

    in:  source_name; table, as choose_new_files() was given it
    out: landing_file, line_number (from 1), line (never null); one row a line, broken and blank
         ones too
#}
{% macro new_landing_lines(source_name, table='events') -%}
    {{ return(adapter.dispatch('new_landing_lines', 'logmart')(source_name, table)) }}
{%- endmacro %}

{% macro duckdb__new_landing_lines(source_name, table) -%}
{%- set landing = source(source_name, table) -%}
{%- set new_files = "getvariable('" ~ source_name ~ "_new_" ~ table ~ "_files')" -%}
{#-
    The CSV reader goes through files in the order of their paths; line_position counts through all
    of them.
-#}
select
    lines.landing_file,
    cast(lines.line_position - files.lines_before as bigint) as line_number,
    lines.line
from (
    select
        {{ landing_file_of('filename') | indent(8) }} as landing_file,
        row_number() over () as line_position,
        coalesce(line, '') as line
    from read_csv(
        {{ landing }}, columns = {'line': 'varchar'}, delim = '\x01', quote = '', escape = '',
        header = false, auto_detect = false, strict_mode = false, null_padding = true,
        filename = true, hive_partitioning = false
    )
    where list_contains({{ new_files }}.plain_text, filename)
) as lines
inner join (
    select
        ledger.landing_file,
        sum(ledger.line_count) over (order by paths.path) - ledger.line_count as lines_before
    from (select unnest({{ new_files }}.plain_text) as path) as paths
    inner join {{ ref('base_' ~ source_name ~ '__files') }} as ledger
        on {{ landing_file_of('paths.path') | indent(12) }} = ledger.landing_file
) as files on lines.landing_file = files.landing_file
union all
select
    landing_file,
    generate_subscripts(file_lines, 1) as line_number,
    unnest(file_lines) as line
from (
    select
        {{ landing_file_of('path') | indent(8) }} as landing_file,
        landing_file_lines(path) as file_lines
    from (select unnest({{ new_files }}.other_text) as path)
)
{%- set parquet_files = landing | trim("'") ~ '.parquet' %}
{%- if logmart.any_file(parquet_files) %}
union all
select
    {{ landing_file_of('filename') | indent(4) }} as landing_file,
    file_row_number + 1 as line_number,
    coalesce(line, '') as line
from read_parquet(
    '{{ parquet_files }}', filename = true, file_row_number = true, hive_partitioning = false
)
where list_contains({{ new_files }}.parquet, filename)
{%- endif %}
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

{% macro duckdb__last_landed_at(landing) -%}
select cast(max(landed_date) + interval 1 day as timestamp)
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

{#
    A condition that stops the query with a message, an expression.
#}
{% macro stop_query(message) -%}
    {{ return(adapter.dispatch('stop_query', 'logmart')(message)) }}
{%- endmacro %}

{% macro duckdb__stop_query(message) -%}
error({{ message }})
{%- endmacro %}


{#- Whether a pattern of paths meets any file; false while dbt parses. -#}
{% macro any_file(pattern) -%}
    {{ return(
        execute and run_query("select count(*) from glob('" ~ pattern ~ "')").rows[0][0] > 0
    ) }}
{%- endmacro %}
