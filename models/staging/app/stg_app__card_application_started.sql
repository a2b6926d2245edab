{{ planned_event('card_application_started') }}
