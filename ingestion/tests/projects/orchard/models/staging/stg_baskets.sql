select
    basket_id::integer as basket_id,
    picker_id::integer as picker_id,
    kilograms::decimal(9, 2) as kilograms,
    picked_at::timestamp as picked_at
from {{ ref('baskets') }}
