"""Makes pages from the project: the metric dictionary, the marts' diagrams, dbt's docs."""
