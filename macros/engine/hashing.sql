{#
    Returns the keyed hash of an identifier: HMAC-SHA256 (RFC 2104) of the text in UTF-8, its first
    128 bits as 32 hexadecimal digits; null for null. The hash replaces direct identifiers (user
    ids, phone numbers) everywhere outside of the schema `restricted`.

    The SQL does not contain the key. On DuckDB the connection holds its two blocks
    (logmart/landed/duckdb_plugin.py). One hash takes about a microsecond: where a text repeats,
    hash its distinct values.
    The query stops on a connection that has no key.
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

{#- A block of the key, `inner` or `outer`, as the connection holds it. -#}
{%- macro id_key_block(which) -%}
coalesce(
    getvariable('logmart_{{ which }}_block'), cast(error('the connection has no key') as blob)
)
{%- endmacro -%}

{#
    The key is the one row of a table in the landing catalog. The receive step writes that table as
    a file (logmart/trino/receive.py), so that neither a statement nor a log of statements contains
    it.
#}
{% macro trino__keyed_hash(text) -%}
lower(substr(to_hex(hmac_sha256(
    to_utf8({{ text }}),
    (select from_hex(key_hex) from {{ logmart.trino__received('id_key') }})
)), 1, 32))
{%- endmacro %}


{#
    A query that adds to events the hashes of their user and device: all columns of the events,
    user_hash and device_hash.

    in:  events: a CTE with user_id and device_id as they landed
#}
{% macro with_identifier_hashes(events) -%}
    {{ return(adapter.dispatch('with_identifier_hashes', 'logmart')(events)) }}
{%- endmacro %}

{#- Where a CTE is evaluated at each reference, hashing every row takes less time. -#}
{% macro default__with_identifier_hashes(events) -%}
select
    *,
    {{ keyed_hash('user_id') | indent }} as user_hash,
    {{ keyed_hash('device_id') | indent }} as device_hash
from {{ events }}
{%- endmacro %}

{#- Users and devices repeat in a landing: each identifier is hashed once. -#}
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
    A query of the identifiers that were erased: identifier_hash, kind (`user`, `device` or `mark`)
    and erased_until. For a device, erased_until is a UTC timestamp, and events on the device up to
    it are erased; for a user it is null.
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
