{{ landed_files('wikipedia') }}
