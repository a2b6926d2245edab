select books.book_id::integer as book_id, books.title::varchar as title, count(*)::bigint as loans
from {{ ref('books') }} as books
inner join {{ ref('int_loan_days') }} as days on days.book_id = books.book_id
group by all
