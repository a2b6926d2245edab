{{ planned_event('signup_completed') }}
