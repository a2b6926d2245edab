{{ defined_metric_rows([
    ref('fct_transfers'),
    ref('fct_card_applications'),
    ref('transfer_reconciliation'),
    ref('fct_user_days'),
], records_of='bank') }}
