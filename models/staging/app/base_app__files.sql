{{ landed_files('app') }}
