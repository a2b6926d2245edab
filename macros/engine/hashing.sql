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
    The key is no part of the SQL: it is one row of a table in the landing catalog that the receive
    step writes as a file (logmart/trino/receive.py), so that no statement and no log of statements
    has it.
#}
{% macro trino__keyed_hash(text) -%}
lower(substr(to_hex(hmac_sha256(
    to_utf8({{ text }}),
    (select from_hex(key_hex) from {{ logmart.trino__received('id_key') }})
)), 1, 32))
{%- endmacro %}


{#
    Landed events with what stands for their users and devices, as a query: all columns of the
    events, user_hash and device_hash.

    in:  events, a CTE of user_id and device_id as they landed
#}
{% macro with_identifier_hashes(events) -%}
    {{ return(adapter.dispatch('with_identifier_hashes', 'logmart')(events)) }}
{%- endmacro %}

{#- A CTE is worked out each time it is read: hashing what comes twice twice is less. -#}
{% macro default__with_identifier_hashes(events) -%}
select
    *,
    {{ keyed_hash('user_id') | indent }} as user_hash,
    {{ keyed_hash('device_id') | indent }} as device_hash
from {{ events }}
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

{% macro trino__erased_ids() -%}
select
    kind,
    identifier_hash,
    max(cast(erased_until as timestamp(6))) as erased_until
from {{ logmart.trino__received('erased_ids') }}
group by 1, 2
{%- endmacro %}
