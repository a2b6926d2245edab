{{ defined_metric_rows([
    ref('fct_messages'),
    ref('dim_campaigns'),
    ref('frequency_cap_breaches'),
], records_of='crm') }}
