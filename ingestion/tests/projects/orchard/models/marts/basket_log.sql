{{ config(materialized='incremental', unique_key='basket_id') }}

select basket_id, kilograms, picked_at
from {{ ref('stg_baskets') }}
{% if is_incremental() %}
where picked_at > (select max(picked_at) from {{ this }})
{% endif %}
