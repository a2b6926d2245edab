{#
    A hook at the start of a run (on-run-start) that stops `--empty` and `--sample`. Files are
    loaded once: the rows that such a run leaves out would be missing from the tables that later
    runs extend.
#}
{% macro refuse_part_of_the_data() -%}
    {%- set sampled = '--sample' if invocation_args_dict.get('sample') else none -%}
    {%- set asked = '--empty' if flags.EMPTY else sampled -%}
    {%- if execute and asked -%}
        {{ exceptions.raise_compiler_error(
            asked ~ ' is not for this project: a table built from a part of the data would be what'
            ~ ' the next run goes on from. For columns and SQL use dbt compile; for a small mart'
            ~ ' make sample FLAGS="--users 100", with a LOGMART_LANDING and LOGMART_DATABASE of'
            ~ ' its own'
        ) }}
    {%- endif -%}
{%- endmacro %}


{#
    Whether a model that records its runs has rows of earlier runs to read. It has none where dbt
    compiles a full refresh for lineage; such a model is never rebuilt.
#}
{% macro has_earlier_runs() -%}
    {{ return(is_incremental() and not logmart.is_compiled_for_lineage()) }}
{%- endmacro %}


{#- Whether dbt compiles the SQL of a full refresh, from which column lineage is read. -#}
{% macro is_compiled_for_lineage() -%}
    {{ return(flags.WHICH == 'compile' and flags.FULL_REFRESH) }}
{%- endmacro %}
