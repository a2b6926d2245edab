"""Running dbt, and reading its artifacts: the one place for both."""
