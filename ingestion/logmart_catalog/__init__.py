"""Keeps OpenMetadata in step with dbt's artifacts: plan, apply, verify."""
