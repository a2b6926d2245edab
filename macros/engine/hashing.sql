{#
    What stands for a direct identifier (a user's id, a phone number) outside of the schema
    `restricted`: HMAC-SHA256 (RFC 2104) of its text in UTF-8 under the key of the environment, the
    first 128 bits as 32 hexadecimal digits. Null for null.

    The key is no part of the SQL: the connection has its two blocks (landing/duckdb_plugin.py). It
    costs about a microsecond: hash what is distinct where a text comes often.
    Stops a query on a connection without the key.
#}
{% macro keyed_hash(text) -%}
    {{ return(adapter.dispatch('keyed_hash', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__keyed_hash(text) -%}
left(sha256(
    {{ id_key_block('outer') }}
    || unhex(sha256({{ id_key_block('inner') }} || encode({{ text }})))
), 32)
{%- endmacro %}

{%- macro id_key_block(which) -%}
coalesce(
    getvariable('logmart_{{ which }}_block'), cast(error('the connection has no key') as blob)
)
{%- endmacro -%}


{#
    The users and devices who were erased, as a query: identifier_hash, kind (`user` or `device`),
    erased_until (a timestamp in UTC: what occurred on the device up to it; null for a user).
#}
{% macro erased_ids() -%}
    {{ return(adapter.dispatch('erased_ids', 'logmart')()) }}
{%- endmacro %}

{% macro duckdb__erased_ids() -%}
select
    erased.kind,
    erased.identifier_hash,
    max(erased.erased_until) as erased_until
from (select unnest(getvariable('logmart_erased_ids')) as erased)
group by 1, 2
{%- endmacro %}


{#
    What keeps the rows of a CTE, so that they are made once however often they are read.
#}
{% macro materialized() -%}
    {{ return(adapter.dispatch('materialized', 'logmart')()) }}
{%- endmacro %}

{% macro duckdb__materialized() -%}
materialized
{%- endmacro %}
