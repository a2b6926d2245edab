{{ defined_metric_rows([
    ref('fct_user_days'),
    ref('user_lifecycle_daily'),
    ref('retention_cohorts'),
    ref('funnel_conversions_daily'),
]) }}
