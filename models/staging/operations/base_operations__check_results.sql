{{ config(**base_records_config('operations', 'check_results')) }}

{{ landed_records('operations', 'check_results') }}
