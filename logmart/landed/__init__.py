"""What a landed file is, how DuckDB reads it, and how identifiers are hashed and lines erased."""
