"""Builds, publishes, reloads and queries the mart on DuckDB, and erases users from it."""
