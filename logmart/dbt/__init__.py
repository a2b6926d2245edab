"""Runs dbt and reads its artifacts; no other module does either."""
