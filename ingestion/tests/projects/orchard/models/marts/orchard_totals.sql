select
    count(distinct phone) as phone_count,
    max(full_name) as last_name,
    list(full_name) as names
from {{ ref('dim_pickers') }}
