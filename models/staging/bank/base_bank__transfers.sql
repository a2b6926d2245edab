{{ config(**base_records_config('bank', 'transfers')) }}

{{ landed_records('bank', 'transfers', user_property='userId') }}
