with orders as (
    select * from {{ ref('fct_orders') }}
),

daily_orders as (
    select
        order_date,
        channel,
        count(*) as order_count,
        cast(sum(amount_krw) as bigint) as amount_krw
    from orders
    group by order_date, channel
)

select * from daily_orders
