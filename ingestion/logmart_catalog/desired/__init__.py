"""From dbt's artifacts to the state that a catalog should have. Pure functions."""
