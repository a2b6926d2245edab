{{ landed_files('crm', table='files') }}
