with steps as (
    select * from {{ ref('int_order_steps') }}
),

refused_orders as (
    select
        order_id,
        place
    from steps
    where step = 'refused'
)

select * from refused_orders
