{{ planned_event('transfer_failed') }}
