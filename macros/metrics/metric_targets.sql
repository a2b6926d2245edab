{#
    A hook before metric_targets_monthly: raises a compiler error where a target names a metric that
    is not defined. It names the file and the metric.
#}
{% macro check_metric_targets() -%}
    {%- set definitions = metric_definitions() -%}
    {%- set targets = run_query(
        'select distinct metric from ' ~ ref('metric_targets') ~ ' order by metric'
    ).rows if execute else [] -%}
    {%- for (metric,) in targets if metric not in definitions -%}
        {%- do exceptions.raise_compiler_error(
            'seeds/metric_targets.csv: ' ~ metric ~ ' is no metric: name one of docs/metrics.md'
            ~ ' that is enabled'
        ) -%}
    {%- endfor -%}
{%- endmacro %}
