"""What each kind of thing in dbt's artifacts becomes in the catalog. Pure functions."""
