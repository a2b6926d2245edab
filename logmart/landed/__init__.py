"""Defines a landed file, reads it with DuckDB, hashes identifiers and erases lines."""
