{{ defined_metric_rows([
    ref('sla_ledger'),
    ref('incidents'),
    ref('fct_migration_passes'),
], records_of='operations') }}
