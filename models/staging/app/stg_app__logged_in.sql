{{ planned_event('logged_in') }}
