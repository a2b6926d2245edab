{{ planned_event('account_linked') }}
