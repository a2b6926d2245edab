{{ landed_files('bank', table='files') }}
