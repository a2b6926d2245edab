{{ config(materialized='ephemeral') }}
select
    loan_id,
    book_id,
    date_diff('day', lent_at, coalesce(returned_at, lent_at)) as days
from {{ ref('stg_loans') }}
