{{ config(alias='shelves') }}
select
    1::utinyint as shelf,
    {'width': 1.5::decimal(10, 2), 'tags': ['a', 'b']} as dimensions,
    [{'book': 1, 'note': 'x'}] as contents,
    map {'a': 1} as counters,
    '2026-01-01'::timestamp_ns as seen_at,
    'x'::blob as label,
    union_value(number := 1) as marker,
    '{}'::json as extra
from {{ ref('book_loans', v=1) }}
