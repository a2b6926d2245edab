{{ planned('order_placed') }}
