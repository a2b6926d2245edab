"""The Python beside dbt: one folder a topic, and one command, `logmart <noun> <verb>`."""
