{#
    The keyword that makes the engine evaluate a CTE once, however often it is read.
#}
{% macro materialized() -%}
    {{ return(adapter.dispatch('materialized', 'logmart')()) }}
{%- endmacro %}

{#- No keyword of standard SQL does so. -#}
{% macro default__materialized() -%}
{%- endmacro %}

{% macro duckdb__materialized() -%}
materialized
{%- endmacro %}


{#
    The rows among which duplicates are searched, as a relation. An engine that evaluates a CTE once
    returns only the rows whose event_id repeats, which are few.

    in:  copies: a CTE with event_id
#}
{% macro repeated_copies(copies) -%}
    {{ return(adapter.dispatch('repeated_copies', 'logmart')(copies)) }}
{%- endmacro %}

{#- An engine that evaluates a CTE at each reference reads it once here. -#}
{% macro default__repeated_copies(copies) -%}
{{ copies }}
{%- endmacro %}

{% macro duckdb__repeated_copies(copies) -%}
(
    select * from {{ copies }}
    where
        event_id in (
            select event_id from {{ copies }}
            group by event_id
            having count(*) > 1
        )
) as repeated_copies
{%- endmacro %}


{#
    A condition that stops the query with a message.
#}
{% macro stop_query(message) -%}
    {{ return(adapter.dispatch('stop_query', 'logmart')(message)) }}
{%- endmacro %}

{% macro duckdb__stop_query(message) -%}
error({{ message }})
{%- endmacro %}

{% macro trino__stop_query(message) -%}
cast(fail({{ message }}) as boolean)
{%- endmacro %}
