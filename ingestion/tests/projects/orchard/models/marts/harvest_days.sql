select
    cast(picked_at as date) as harvest_date,
    picker_id,
    sum(kilograms) as kilograms,
    count(*) as basket_count
from {{ ref('stg_baskets') }}
group by 1, 2
