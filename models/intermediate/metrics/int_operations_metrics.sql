{%- set marts = [ref('ingestion_health_daily')] -%}
{%- if has_records_of('operations') -%}
    {%- do marts.extend([ref('sla_ledger'), ref('incidents')]) -%}
{%- endif -%}
{{ defined_metric_rows(marts) }}
