{{ planned('order_cancelled') }}
