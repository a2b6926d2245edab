{{ planned_event('screen_viewed') }}
