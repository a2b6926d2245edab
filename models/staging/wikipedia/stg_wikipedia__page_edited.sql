{{ planned_event('page_edited') }}
