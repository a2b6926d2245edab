{{ config(**base_records_config('operations', 'migrated_chunks')) }}

{{ landed_records('operations', 'migrated_chunks') }}
