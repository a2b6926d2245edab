{{ config(**base_records_config('crm', 'campaigns')) }}

{{ landed_records('crm', 'campaigns') }}
