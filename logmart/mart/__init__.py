"""The mart on DuckDB: built, published, loaded again, erased from and asked."""
