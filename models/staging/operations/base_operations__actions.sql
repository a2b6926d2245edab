{{ config(**base_records_config('operations', 'actions')) }}

{{ landed_records('operations', 'actions') }}
