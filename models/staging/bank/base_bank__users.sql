{{ config(**base_records_config('bank', 'users')) }}

{{ landed_records('bank', 'users', user_property='userId') }}
