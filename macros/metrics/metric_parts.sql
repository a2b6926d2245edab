{#- Returns the label of the metric that is the numerator or denominator of a ratio. -#}
{% macro part_name(part) -%}
    {%- for metric in graph.metrics.values() if metric.name == part.name -%}
        {{ return(metric.label ~ (' (' ~ part.alias ~ ')' if part.alias else '')) }}
    {%- endfor -%}
{%- endmacro %}


{#- Returns the unit of the metric that is the numerator or denominator of a ratio. -#}
{% macro part_unit(part) -%}
    {%- for metric in graph.metrics.values() if metric.name == part.name -%}
        {{ return(metric.config.meta.unit) }}
    {%- endfor -%}
{%- endmacro %}


{#- Raises a compiler error where no area's model has the group of a metric, or two have. -#}
{% macro check_area_of(metric, metrics_daily) -%}
    {%- set areas = [] -%}
    {%- for node_id in metrics_daily.depends_on.nodes if node_id in graph.nodes -%}
        {%- set area = graph.nodes[node_id] -%}
        {%- if 'macro.logmart.defined_metric_rows' in area.depends_on.macros
            and area.config.group == metric.config.group -%}
            {%- do areas.append(area.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if areas | length != 1 -%}
        {%- do logmart.metric_error(metric, 'config.group is ' ~ metric.config.group ~ ', that of '
            ~ (areas | sort | join(' and ') or 'no area') ~ ': give it the group of one of'
            ~ ' models/intermediate/metrics/int_*_metrics.sql') -%}
    {%- endif -%}
{%- endmacro %}
