"""Reads dbt's artifacts, checks that they belong together, and selects nodes from them."""
