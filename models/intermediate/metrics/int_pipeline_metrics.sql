{{ defined_metric_rows([
    ref('sla_ledger'),
    ref('incidents'),
], records_of='operations') }}
