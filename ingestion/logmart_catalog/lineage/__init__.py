"""Exact column lineage, from the SQL dbt compiled and the columns of every relation."""
