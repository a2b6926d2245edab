"""The gate: it compares a branch with main and writes the report on a pull request."""
