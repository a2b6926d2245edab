{{ defined_metric_rows([
    ref('fct_user_days'),
    ref('user_lifecycle_daily'),
    ref('power_user_curve_daily'),
    ref('fct_new_users'),
    ref('funnel_visitors_daily'),
]) }}
