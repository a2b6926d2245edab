{{ planned_event('transfer_completed') }}
