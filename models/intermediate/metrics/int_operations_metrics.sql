{{ defined_metric_rows([
    ref('ingestion_health_daily'),
]) }}
