{#
    Returns the definitions of all enabled metrics in YAML: those of models/semantic/, and those in
    the config.meta of metrics_daily, which MetricFlow cannot express. Raises a compiler error where
    an entry is wrong.

    out: dict by name, of meta (unit, additive_over, dated_by, records, ...), numerator_name,
         denominator_name and denominator_unit (none unless it is a ratio) and hash (of the entry
         without its page, of the plan of its rows and of the variables that decide metrics); empty
         while dbt parses
#}
{% macro metric_definitions() -%}
    {%- set definitions = {} -%}
    {%- if execute -%}
        {%- set variables = logmart.deciding_variables('metrics').values() | list -%}
        {%- set metrics_daily = graph.nodes['model.logmart.metrics_daily'] -%}
        {%- set beyond = metrics_daily.config.meta.beyond_metricflow -%}
        {%- set plans = {} -%}
        {%- for plan in logmart.metric_plans() -%}
            {%- do plans.update({plan.name: dict(plan, original_file_path=none)}) -%}
        {%- endfor -%}
        {%- for metric in graph.metrics.values() -%}
            {%- do logmart.check_metric_meta(metric) -%}
            {%- if metric.name in beyond -%}
                {%- do logmart.metric_error(metric, metrics_daily.patch_path ~ ' has a'
                    ~ ' metric of that name in config.meta.beyond_metricflow: rename one') -%}
            {%- endif -%}
            {%- if metric.name in plans -%}
                {%- do logmart.check_area_of(metric, metrics_daily) -%}
            {%- endif -%}
            {%- set is_ratio = metric.type == 'ratio' -%}
            {%- do definitions.update({metric.name: {
                'meta': metric.config.meta,
                'numerator_name': logmart.part_name(metric.type_params.numerator)
                    if is_ratio else metric.label,
                'denominator_name': logmart.part_name(metric.type_params.denominator)
                    if is_ratio else none,
                'denominator_unit': logmart.part_unit(metric.type_params.denominator)
                    if is_ratio else none,
                'hash': local_md5(tojson([
                    metric.description, metric.type, metric.type_params, metric.filter,
                    dict(metric.config.meta, page=none), plans.get(metric.name), variables,
                ], sort_keys=true)),
            }}) -%}
        {%- endfor -%}
        {%- for name, entry in beyond.items() -%}
            {%- do definitions.update({name: {
                'meta': entry,
                'numerator_name': entry.label,
                'denominator_name': none,
                'denominator_unit': none,
                'hash': local_md5(tojson([dict(entry, page=none), variables], sort_keys=true)),
            }}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(definitions) }}
{%- endmacro %}


{#
    A query of the definitions of metrics.

    out: metric, numerator_name and denominator_name (labels of what is counted and of what
         it is divided by, or null), unit, denominator_unit, value_additive_over and
         parts_additive_over (over what
         values, and numerators and denominators, may be summed), late_days (how many days after it
         occurred a counted event may still be received), looks_back_days (how many days before its
         date the metric reads), records (the system whose records it reads, or null),
         definition_hash
#}
{% macro defined_metrics() -%}
{%- set definitions = metric_definitions() -%}
{%- for metric, definition in definitions.items() | sort %}
select
    '{{ metric }}' as metric,
    {{ logmart.sql_string(definition.numerator_name) }} as numerator_name,
    cast({{ logmart.sql_string(definition.denominator_name) if definition.denominator_name
        else 'null' }} as varchar) as denominator_name,
    '{{ definition.meta.unit }}' as unit,
    cast({{ logmart.sql_string(definition.denominator_unit) if definition.denominator_unit
        else 'null' }} as varchar) as denominator_unit,
    '{{ 'neither' if definition.denominator_name else definition.meta.additive_over }}'
        as value_additive_over,
    '{{ definition.meta.additive_over }}' as parts_additive_over,
    {{ 0 if definition.meta.dated_by == 'receipt' else var('horizon_days') }} as late_days,
    {{ definition.meta.looks_back_days or 0 }} as looks_back_days,
    cast({{ logmart.sql_string(definition.meta.records) if definition.meta.records
        else 'null' }} as varchar) as records,
    '{{ definition.hash }}' as definition_hash
{{ 'union all' if not loop.last }}
{%- else %}
select
    cast(null as varchar) as metric,
    cast(null as varchar) as numerator_name,
    cast(null as varchar) as denominator_name,
    cast(null as varchar) as unit,
    cast(null as varchar) as denominator_unit,
    cast(null as varchar) as value_additive_over,
    cast(null as varchar) as parts_additive_over,
    cast(null as bigint) as late_days,
    cast(null as bigint) as looks_back_days,
    cast(null as varchar) as records,
    cast(null as varchar) as definition_hash
where false
{%- endfor %}
{%- endmacro %}
