"""dbt's artifacts: read, checked to belong together, and chosen from."""
