{{ planned_event('transfer_confirmed') }}
