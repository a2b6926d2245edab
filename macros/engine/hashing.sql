{#
    What stands for a direct identifier (a user's id, a phone number) outside of the schema
    `restricted`: HMAC-SHA256 (RFC 2104) of its text in UTF-8 under the key of the environment, the
    first 128 bits as 32 hexadecimal digits. Null for null.

    The key is no part of the SQL: the connection has its two blocks
    (logmart/landed/duckdb_plugin.py). It costs about a microsecond: hash what is distinct where a
    text comes often.
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
    Landed events with what stands for their users and devices, as a query: all columns of the
    events, user_hash and device_hash.

    in:  events, a CTE of user_id and device_id as they landed
#}
{% macro with_identifier_hashes(events) -%}
    {{ return(adapter.dispatch('with_identifier_hashes', 'logmart')(events)) }}
{%- endmacro %}

{#- What is distinct is hashed, not what is landed: people come back. -#}
{% macro duckdb__with_identifier_hashes(events) -%}
with identifiers as (
    select user_id as identifier from {{ events }}
    where user_id is not null
    union distinct
    select device_id as identifier from {{ events }}
    where device_id is not null
),

hashed_identifiers as (
    select
        identifier,
        {{ keyed_hash('identifier') | indent(8) }} as identifier_hash
    from identifiers
)

select
    events.*,
    users.identifier_hash as user_hash,
    devices.identifier_hash as device_hash
from {{ events }} as events
left join hashed_identifiers as users on events.user_id = users.identifier
left join hashed_identifiers as devices on events.device_id = devices.identifier
{%- endmacro %}


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
