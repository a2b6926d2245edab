with placed as (
    select * from {{ ref('stg_shop__order_placed') }}
),

cancelled as (
    select * from {{ ref('stg_shop__order_cancelled') }}
),

orders as (
    select
        placed.order_id,
        placed.customer_name,
        placed.channel,
        placed.amount_krw,
        cancelled.order_id is not null as is_cancelled,
        {{ business_date('placed.occurred_at') }} as order_date,
        placed.occurred_at as ordered_at
    from placed
    left join cancelled on placed.order_id = cancelled.order_id
)

select * from orders
