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


{#- A CTE is worked out each time it is read: hashing what comes twice twice is less. -#}
{% macro trino__with_identifier_hashes(events) -%}
select
    *,
    {{ keyed_hash('user_id') | indent }} as user_hash,
    {{ keyed_hash('device_id') | indent }} as device_hash
from {{ events }}
{%- endmacro %}


{% macro trino__erased_ids() -%}
select
    kind,
    identifier_hash,
    max(cast(erased_until as timestamp(6))) as erased_until
from {{ logmart.trino__received('erased_ids') }}
group by 1, 2
{%- endmacro %}


{% macro trino__materialized() -%}
{%- endmacro %}


{#- A table that the receive step writes: of files, converted lines, the key, those erased. -#}
{%- macro trino__received(table) -%}
landing.received.{{ table }}
{%- endmacro -%}
