{#
    Returns a setting of a metric's rows: from its own config.meta, else from its semantic model's.

    in:  name: dimensions, window_days, open_days or has_whole_window
#}
{% macro setting_of(metric, semantic_model, name) -%}
    {{ return(metric.config.meta.get(name, semantic_model.config.meta.get(name))) }}
{%- endmacro %}


{#
    Returns a number of days of a metric by dimension: a number, or an expression over the mart
    whose maximum is taken.

    in:  setting: window_days or open_days
    out: a dict in the order of config.meta.dimensions; `all` stands for the total
#}
{% macro days_by_dimension(metric, semantic_model, setting) -%}
    {%- set names = logmart.setting_of(metric, semantic_model, 'dimensions') or ['all'] -%}
    {%- set given = logmart.setting_of(metric, semantic_model, setting) or 0 -%}
    {%- set days = {} -%}
    {%- for name in names -%}
        {%- if given is mapping and name not in given -%}
            {%- do logmart.metric_error(metric, 'config.meta.' ~ setting ~ ' has no ' ~ name
                ~ ': give it the days of each dimension') -%}
        {%- endif -%}
        {%- do days.update({name: given[name] if given is mapping else given}) -%}
    {%- endfor -%}
    {{ return(days) }}
{%- endmacro %}


{#- Raises a compiler error on an unknown key or value in a metric's config.meta. -#}
{% macro check_metric_meta(metric) -%}
    {%- set known = {
        'additive_over': ['dates and dimension', 'dates', 'dimension', 'neither'],
        'coarser_grain': ['recount', 'last_date', 'none'],
        'dated_by': ['receipt'],
    } -%}
    {%- set meta = metric.config.meta -%}
    {%- for key in meta if key not in known and key not in [
        'unit', 'looks_back_days', 'records', 'caveats', 'is_ingredient', 'handwritten',
        'dimensions', 'window_days', 'open_days', 'has_whole_window', 'page', 'openmetadata',
        'owner',
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


{#- Raises a compiler error that names the file and the metric. In: the problem and the remedy. -#}
{% macro metric_error(metric, problem) -%}
    {{ exceptions.raise_compiler_error(
        metric.original_file_path ~ ': metric ' ~ metric.name ~ ': ' ~ problem
    ) }}
{%- endmacro %}
