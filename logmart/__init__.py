"""The Python beside dbt: a folder a trade, and one command, `logmart <noun> <verb>`."""
