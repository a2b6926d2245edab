{{ planned_event('push_opened') }}
