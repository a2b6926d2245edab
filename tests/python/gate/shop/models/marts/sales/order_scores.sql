with orders as (
    select * from {{ ref('fct_orders') }}
),

order_scores as (
    select
        order_id
        {%- for number in range(1, 24) %},
        amount_krw % {{ number + 1 }} as score_{{ number }}
        {%- endfor %}
    from orders
)

select * from order_scores
