{{ config(**base_records_config('crm', 'sends')) }}

{{ landed_records('crm', 'sends', user_property='userId') }}
