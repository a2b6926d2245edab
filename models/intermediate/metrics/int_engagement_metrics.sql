{{ defined_metric_rows([
    ref('fct_sessions'),
    ref('fct_events'),
]) }}
