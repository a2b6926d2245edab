select date_trunc('hour', ordered_at) as hour, count(*) as order_count
from {{ ref('fct_orders') }}
group by hour
