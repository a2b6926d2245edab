{{ planned_event('push_received') }}
