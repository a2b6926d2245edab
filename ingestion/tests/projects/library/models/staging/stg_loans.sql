select
    loan_id::integer as loan_id,
    book_id::integer as book_id,
    member::varchar as member,
    lent_at::timestamptz as lent_at,
    returned_at::timestamp as returned_at
from {{ source('desk', 'raw_loans') }}
