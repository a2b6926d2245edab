{{ planned_event('signup_identity_verified') }}
