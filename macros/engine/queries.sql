{#
    What keeps the rows of a CTE, so that they are made once however often they are read.
#}
{% macro materialized() -%}
    {{ return(adapter.dispatch('materialized', 'logmart')()) }}
{%- endmacro %}

{% macro default__materialized() -%}
{%- endmacro %}

{% macro duckdb__materialized() -%}
materialized
{%- endmacro %}


{#
    What a query has to put in order to find copies: a relation.

    in:  copies: a CTE with event_id
    out: its rows, or those alone whose id comes more than once, where an engine keeps the rows of a
         CTE: few do
#}
{% macro repeated_copies(copies) -%}
    {{ return(adapter.dispatch('repeated_copies', 'logmart')(copies)) }}
{%- endmacro %}

{#- Trino works a CTE out wherever it is read: once is enough. -#}
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
    A condition that stops the query with a message, an expression.
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
