select 1 as "from" from {{ ref('dots') }} cross join {{ ref('long_name') }}
