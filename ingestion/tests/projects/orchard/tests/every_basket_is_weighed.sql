select * from {{ ref('stg_baskets') }} where kilograms is null
