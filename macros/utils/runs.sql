{#
    Stops a run that asks dbt for a part of the data (on-run-start): files are loaded once, so what
    such a run left out would be missing from the tables that the next run goes on from.
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
    Whether a model that remembers its runs has rows of earlier ones to read. Not where dbt compiles
    the SQL of a full refresh, from which lineage is read: such a model is never built anew.
#}
{% macro has_earlier_runs() -%}
    {{ return(is_incremental() and not logmart.is_compiled_for_lineage()) }}
{%- endmacro %}


{#- Whether dbt compiles the SQL of a full refresh, from which lineage is read. -#}
{% macro is_compiled_for_lineage() -%}
    {{ return(flags.WHICH == 'compile' and flags.FULL_REFRESH) }}
{%- endmacro %}
