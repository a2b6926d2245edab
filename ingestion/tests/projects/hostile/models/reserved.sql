select * from {{ ref('korean') }}
