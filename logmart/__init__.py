"""The commands behind the Makefile's targets, for the dbt side."""
