{{ planned_event('transfer_started') }}
