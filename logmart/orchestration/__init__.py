"""Starts Airflow on loopback, with the pipeline's DAG."""
