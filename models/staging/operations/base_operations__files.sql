{{ landed_files('operations', table='files') }}
