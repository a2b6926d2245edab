with placed as (
    select * from {{ ref('stg_shop__order_placed') }}
),

cancelled as (
    select * from {{ ref('stg_shop__order_cancelled') }}
),

steps as (
    select order_id, 'placed' as step, channel as place, occurred_at as happened_at from placed
    union all
    select order_id, 'cancelled' as step, 'support' as place, occurred_at as happened_at
    from cancelled
)

select * from steps
