"""Writes the results of checks that are no tests of dbt, for the catalog sync to publish."""
