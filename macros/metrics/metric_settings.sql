{#
    What config.meta says of the rows of a metric: its own, else that of its semantic model.

    in:  name: dimensions, window_days or has_whole_window
#}
{% macro setting_of(metric, semantic_model, name) -%}
    {{ return(metric.config.meta.get(name, semantic_model.config.meta.get(name))) }}
{%- endmacro %}


{#
    For how many days after a date what a metric counts may still occur, by dimension: a number, or
    an expression over the mart, of which the most counts.

    out: a mapping in the order of config.meta.dimensions; `all` stands for the total
#}
{% macro metric_windows(metric, semantic_model) -%}
    {%- set names = logmart.setting_of(metric, semantic_model, 'dimensions') or ['all'] -%}
    {%- set window = logmart.setting_of(metric, semantic_model, 'window_days') or 0 -%}
    {%- set windows = {} -%}
    {%- for name in names -%}
        {%- if window is mapping and name not in window -%}
            {%- do logmart.metric_error(metric, 'config.meta.window_days has no ' ~ name ~ ': give'
                ~ ' it the days of each dimension') -%}
        {%- endif -%}
        {%- do windows.update({name: window[name] if window is mapping else window}) -%}
    {%- endfor -%}
    {{ return(windows) }}
{%- endmacro %}


{#- Stops dbt on a key or value of a metric's config.meta that nothing reads. -#}
{% macro check_metric_meta(metric) -%}
    {%- set known = {
        'additive_over': ['dates and dimension', 'dates', 'dimension', 'neither'],
        'coarser_grain': ['recount', 'last_date', 'none'],
        'dated_by': ['receipt'],
    } -%}
    {%- set meta = metric.config.meta -%}
    {%- for key in meta if key not in known and key not in [
        'unit', 'looks_back_days', 'records', 'caveats', 'is_ingredient', 'handwritten',
        'dimensions', 'window_days', 'has_whole_window', 'openmetadata', 'owner',
    ] -%}
        {%- do logmart.metric_error(metric, 'nothing reads config.meta.' ~ key ~ ': take it out, or'
            ~ ' spell it as docs/metrics.md does') -%}
    {%- endfor -%}
    {%- for key, values in known.items() if meta.get(key, values[0]) not in values -%}
        {%- do logmart.metric_error(metric, 'config.meta.' ~ key ~ ' is ' ~ meta[key] ~ ': make it'
            ~ ' one of ' ~ values | join(', ')) -%}
    {%- endfor -%}
    {%- for key in ['unit', 'additive_over'] if key not in meta -%}
        {%- do logmart.metric_error(metric, 'it has no config.meta.' ~ key ~ ': give it one') -%}
    {%- endfor -%}
{%- endmacro %}


{#- Stops dbt: what is wrong with the entry of a metric, or its plan, and what to do. -#}
{% macro metric_error(metric, problem) -%}
    {{ exceptions.raise_compiler_error(
        metric.original_file_path ~ ': metric ' ~ metric.name ~ ': ' ~ problem
    ) }}
{%- endmacro %}
