{#
    Returns the window in days of each dimension that all the semantic models of a metric have; a
    number is the largest of theirs.

    out: by name of a semantic model, a dict as of days_by_dimension()
#}
{% macro shared_windows(metric, semantic_models) -%}
    {%- set windows = {} -%}
    {%- for semantic_model in semantic_models -%}
        {%- do windows.update({
            semantic_model.name: logmart.days_by_dimension(metric, semantic_model, 'window_days')
        }) -%}
    {%- endfor -%}
    {%- set shared = {} -%}
    {%- for semantic_model in semantic_models -%}
        {%- do shared.update({semantic_model.name: {}}) -%}
        {%- for dimension, window in windows[semantic_model.name].items() -%}
            {%- set of_all = windows.values() | selectattr(dimension, 'defined')
                | map(attribute=dimension) | list -%}
            {%- if of_all | length == semantic_models | length -%}
                {%- do shared[semantic_model.name].update({dimension:
                    window if window is string else of_all | reject('string') | max
                }) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not (shared.values() | first) -%}
        {%- do logmart.metric_error(metric, 'the marts of ' ~ shared | join(' and ') ~ ' have no'
            ~ ' dimension of one name, not even all: give it config.meta.dimensions') -%}
    {%- endif -%}
    {{ return(shared) }}
{%- endmacro %}


{#-
    Adds a measure to the parts of a metric on several marts, and returns the aggregate that gives
    its value from the rows of the parts.
-#}
{% macro part_value(measure, filters, plan) -%}
    {%- set part = {'columns': {}, 'joins': {}, 'metric_dates': {}, 'model': measure.model} -%}
    {%- set name = plan.metric.name ~ ' ' ~ (plan.parts | length + 1) -%}
    {%- do plan.parts.append(logmart.plan_on_mart(
        {
            'name': name,
            'original_file_path': plan.metric.original_file_path,
            'numerator': logmart.measure_aggregate(measure, filters, plan.metric, part),
            'counts': [],
        },
        logmart.filter_conditions(filters, part),
        plan.windows[measure.model.name],
        plan.metric,
        part
    )) -%}
    {{ return("max(case when parts.metric = '" ~ name ~ "' then parts.numerator end)") }}
{%- endmacro %}


{#
    A query of the rows of metrics on several marts: one a date and value of a dimension that any
    part has, as MetricFlow's full outer join of the parts. What a part has no row of is null.
#}
{% macro combined_rows(relations, plans) -%}
{%- set parts, numerators, denominators = [], {}, {} -%}
{%- for plan in plans -%}
    {%- do parts.extend(plan.parts) -%}
    {%- for name, values in [('numerator', numerators), ('denominator', denominators)]
        if plan[name] -%}
        {%- do values.update({
            plan.name: 'coalesce(' ~ plan[name] ~ ', 0)' if name in plan.counts else plan[name]
        }) -%}
    {%- endfor -%}
{%- endfor -%}
select
    published.metric,
    parts.metric_date,
    parts.dimension,
    parts.dimension_value,
    {{ logmart.by_metric(numerators) | indent }} as numerator,
    {{ logmart.by_metric(denominators, 'cast(null as double)') | indent }} as denominator,
    max(parts.window_days) as window_days,
    max(parts.open_days) as open_days,
    min(case when parts.has_whole_window then 1 else 0 end) = 1 as has_whole_window
from (
    {{ logmart.rows_on_marts(relations, parts) | indent }}
) as parts
inner join (
    values
    {%- for plan in plans %}
    {%- set is_last = loop.last -%}
    {%- for part in plan.parts %}
    ('{{ plan.name }}', '{{ part.name }}'){{ ',' if not (is_last and loop.last) }}
    {%- endfor %}
    {%- endfor %}
) as published (metric, part) on parts.metric = published.part
group by published.metric, parts.metric_date, parts.dimension, parts.dimension_value
{%- endmacro %}
