select
    1 as "amount.krw",
    'a' as "이름",
    2 as "with space",
    3 as "sl/ash",
    4 as "qu""ote",
    5 as "select",
    6 as "a::b",
    {'a.b': 1, 'c d': {'"e"': 'x'}} as "struct.ured"
from {{ ref('korean') }}
