{{ config(**base_records_config('operations', 'notices')) }}

{{ landed_records('operations', 'notices') }}
