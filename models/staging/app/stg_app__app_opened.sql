{{ planned_event('app_opened') }}
