with placed as (
    select * from {{ ref('stg_shop__order_placed') }}
),

cancelled as (
    select * from {{ ref('stg_shop__order_cancelled') }}
),

windows as (
    select * from {{ ref('funnel_windows') }}
    where funnel = 'checkout' and {{ seed_rows(ref('funnel_windows')) }} > 0
),

quick_cancellations as (
    select
        placed.order_id,
        cast(date_diff('minute', placed.occurred_at, cancelled.occurred_at) as bigint) as minutes
    from placed
    inner join cancelled on placed.order_id = cancelled.order_id
    cross join windows
    where date_diff('minute', placed.occurred_at, cancelled.occurred_at) <= windows.window_minutes
)

select * from quick_cancellations
