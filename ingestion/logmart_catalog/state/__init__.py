"""What a catalog holds: data and pure functions, the same for what dbt wants and what is there."""
