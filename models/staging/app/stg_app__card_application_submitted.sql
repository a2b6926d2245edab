{{ planned_event('card_application_submitted') }}
