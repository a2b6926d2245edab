{{ planned_event('signup_started') }}
