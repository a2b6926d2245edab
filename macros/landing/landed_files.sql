{#
    The ledger of a source's landed files: the whole of a base_<source>__files model.

    in:  source_name
         table: the source's table that lists its files: `events`, or `files` for a source of
         records, which may have no files
    out: landing_file (key), landed_date, file_kind, line_count, size_bytes; one row a file. Lines
         are counted byte by byte, independently of how events are read. A run adds all new files
         or, with the variable load_at_most_mib, the oldest; the next run adds the next ones. A file
         whose lines reached no base model, because it is empty or the run failed, is added anew by
         the next run, as it is by then.
    The query stops, naming the file and the remedy, where a file has changed since it was loaded,
    and where its partition is dated more than a day after loader_date().
#}
{% macro landed_files(source_name, table='events') -%}
{%- set is_of_records = table == 'files' -%}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    enabled=has_records_of(source_name) if is_of_records else source_name in var('sources'),
    pre_hook="{% if is_incremental() %}{{ forget_unloaded_files('" ~ source_name
        ~ "') }}{% endif %}",
) }}
{%- set landing = source(source_name, table) -%}
with landed as (
    {%- if is_of_records and not has_landed(landing) %}
    select
        cast(null as varchar) as path,
        cast(null as varchar) as landing_file,
        cast(null as date) as landed_date,
        cast(null as bigint) as size_bytes
    where false
    {%- else %}
    {{ list_landing_files(landing) | indent }}
    {%- endif %}
),

dated_files as (
    select *
    from landed
    where
        case
            when landed_date <= {{ logmart.last_accepted_date() }} then true
            else {{ stop_query(
                "'landing file ' || landing_file || ' is in a partition of more than a day after "
                ~ "today, which is ' || cast(" ~ logmart.today() ~ " as varchar) || ' in UTC: move"
                ~ " it into the partition of the day it arrived, or set the clock of this machine"
                ~ " right (variable loader_date)'"
            ) }}
        end
),

new_files as (
    select
        landed.path,
        landed.landing_file,
        landed.landed_date,
        landed.size_bytes
    from dated_files as landed
    {%- if is_incremental() %}
    left join {{ this }} as loaded on landed.landing_file = loaded.landing_file
    where
        case
            when loaded.landing_file is null then true
            when loaded.size_bytes = landed.size_bytes then false
            else {{ stop_query(
                "'landing file ' || landed.landing_file || ' had '"
                ~ " || cast(loaded.size_bytes as varchar) || ' bytes when it was loaded and has '"
                ~ " || cast(landed.size_bytes as varchar) || ' now: land corrections as a new file,"
                ~ " or build again with --full-refresh'"
            ) }}
        end
    {%- endif %}
),

queued_files as (
    select
        *,
        coalesce(sum(size_bytes) over (
            order by landed_date, landing_file rows between unbounded preceding and 1 preceding
        ), 0) as size_bytes_before
    from new_files
),

taken_files as (
    select * from queued_files
    {%- if var('load_at_most_mib') %}
    where size_bytes_before < {{ (var('load_at_most_mib') * 1048576) | round(0, 'ceil') | int }}
    {%- endif %}
),

facts as (
    {{ landing_file_facts('taken_files', source_name) | indent }}
)

select
    taken_files.landing_file,
    taken_files.landed_date,
    facts.file_kind,
    facts.line_count,
    taken_files.size_bytes
from taken_files
inner join facts on taken_files.path = facts.path
{%- endmacro %}


{#- The UTC date of the machine that loads, or the variable loader_date where it is set. -#}
{% macro today() -%}
{{ "date '" ~ var('loader_date') ~ "'" if var('loader_date') else loader_date() }}
{%- endmacro %}


{#- The last landed date that a file may have. -#}
{% macro last_accepted_date() -%}
{{ logmart.today() }} + interval '1' day
{%- endmacro %}


{#
    A pre-hook of a ledger. It deletes the files of which no base model holds a first line: an
    earlier run listed them but did not load them. A correction of such a file is not a change of a
    loaded file.
#}
{% macro forget_unloaded_files(source_name) -%}
{%- set bases = [] -%}
{%- for entity in logmart.record_entities().get(source_name, []) + ['events'] -%}
    {%- set base = logmart.built('base_' ~ source_name ~ '__' ~ entity) -%}
    {%- if base -%}
        {%- do bases.append(logmart.loaded_files(source_name, base)) -%}
    {%- endif -%}
{%- endfor -%}
delete from {{ this }}
{%- if bases %}
where landing_file not in (
    {%- for loaded in bases %}
    {{ loaded }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)
{%- endif %}
{%- endmacro %}
