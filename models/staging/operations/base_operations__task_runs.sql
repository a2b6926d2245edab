{{ config(**base_records_config('operations', 'task_runs')) }}

{{ landed_records('operations', 'task_runs') }}
