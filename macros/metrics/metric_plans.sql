{#
    Returns the plans from which the rows of metrics_daily are computed: one for each metric of
    models/semantic/ in a group, except ingredients and `handwritten` metrics. Raises a compiler
    error that names the file, the metric and the remedy where a plan cannot express an entry.

    in:  group: a group of dbt; none for all
    out: a list of mappings of text
             name, original_file_path  of the metric
             mart                      the mart's name
             entity                    the primary entity: one row of the mart is one of it
             metric_date               an expression over the mart
             columns, joins            the columns of dimensions, see dimension_column()
             numerator, denominator    aggregates over the mart's rows of a date and dimension
             counts                    which of the two are 0, not null, without a counted row
             rows                      the condition of the rows that count; empty for all
             dimensions                the window in days by dimension, `all` for the total
             open_days                 for how many of these days the date is open, by dimension
             has_whole_window          a condition on a row of the mart, or none
         and, of a metric on several marts, of name, original_file_path, counts and
             parts                     a plan for each measure that the metric reads
             numerator, denominator    aggregates over the rows of the parts
#}
{% macro metric_plans(group=none) -%}
    {%- set layer = {'metrics': {}, 'measures': {}} -%}
    {%- for metric in graph.metrics.values() -%}
        {%- do layer.metrics.update({metric.name: metric}) -%}
    {%- endfor -%}
    {%- for semantic_model in graph.semantic_models.values() -%}
        {%- for measure in semantic_model.measures -%}
            {%- do layer.measures.update({measure.name: dict(measure, model=semantic_model)}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set plans = [] -%}
    {%- for _, metric in layer.metrics | dictsort -%}
        {%- set meta = metric.config.meta -%}
        {%- set read = logmart.semantic_models_of(metric, layer) -%}
        {%- if not meta.is_ingredient and not meta.handwritten
            and (group is none or metric.config.group == group) -%}
            {%- do logmart.check_metric_meta(metric) -%}
            {%- do plans.append(logmart.metric_plan(metric, read, layer)) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(plans) }}
{%- endmacro %}


{#- Returns a list of the semantic models whose measures a metric reads. -#}
{% macro semantic_models_of(metric, layer) -%}
    {%- set found = {} -%}
    {%- for input in metric.type_params.input_measures -%}
        {%- set semantic_model = layer.measures[input.name].model -%}
        {%- do found.update({semantic_model.name: semantic_model}) -%}
    {%- else -%}
        {%- do logmart.metric_error(metric, 'it has no measure: give it one of a semantic model in'
            ~ ' type_params.measure') -%}
    {%- endfor -%}
    {{ return(found.values() | list) }}
{%- endmacro %}


{% macro metric_plan(metric, semantic_models, layer) -%}
    {%- set plan = {'columns': {}, 'joins': {}, 'metric_dates': {}, 'model': semantic_models[0]} -%}
    {%- if semantic_models | length > 1 -%}
        {%- do plan.update({
            'metric': metric,
            'parts': [],
            'windows': logmart.shared_windows(metric, semantic_models),
        }) -%}
    {%- endif -%}
    {%- set made_of = {
        'name': metric.name,
        'original_file_path': metric.original_file_path,
        'counts': ['denominator'],
    } -%}
    {%- if metric.type == 'ratio' -%}
        {%- for name in ['numerator', 'denominator'] -%}
            {%- set part = metric.type_params[name] -%}
            {%- do made_of.update({
                name: logmart.input_value(part, [(metric.filter, metric)], metric, layer, plan)
            }) -%}
        {%- endfor -%}
        {%- if logmart.is_count(layer.metrics[metric.type_params.numerator.name], layer) -%}
            {%- do made_of.counts.append('numerator') -%}
        {%- endif -%}
    {%- else -%}
        {%- do made_of.update({'numerator': logmart.metric_value(metric, [], layer, plan)}) -%}
    {%- endif -%}
    {%- if plan.parts -%}
        {{ return(dict(made_of, parts=plan.parts)) }}
    {%- endif -%}
    {%- set rows = logmart.filter_conditions([(metric.filter, metric)], plan) -%}
    {%- set windows = logmart.days_by_dimension(metric, plan.model, 'window_days') -%}
    {{ return(logmart.plan_on_mart(made_of, rows, windows, metric, plan)) }}
{%- endmacro %}


{#- Returns a plan on one mart, with the columns of its dimensions. -#}
{% macro plan_on_mart(made_of, rows, windows, metric, plan) -%}
    {%- if plan.metric_dates | length > 1 -%}
        {%- do logmart.metric_error(metric, 'its measures are dated by '
            ~ plan.metric_dates | join(' and ') ~ ': date them alike') -%}
    {%- endif -%}
    {%- set entity = logmart.primary_entity(plan.model) -%}
    {%- for dimension in windows if dimension != 'all' -%}
        {%- do logmart.dimension_column(entity, dimension, metric, plan) -%}
    {%- endfor -%}
    {{ return(dict(
        made_of,
        mart=plan.model.node_relation.alias,
        entity=entity,
        metric_date=plan.metric_dates.values() | first,
        columns=plan.columns,
        joins=plan.joins,
        rows=rows | join(' and '),
        dimensions=windows,
        open_days=logmart.days_by_dimension(metric, plan.model, 'open_days'),
        has_whole_window=logmart.setting_of(metric, plan.model, 'has_whole_window')
    )) }}
{%- endmacro %}


{#
    Returns the aggregate that computes a metric over rows of its mart; it is null where MetricFlow
    returns no row.

    in:  filters: which rows count, in addition to the metric's own filter
#}
{% macro metric_value(metric, filters, layer, plan) -%}
    {%- set parameters = metric.type_params -%}
    {%- set filters = filters + [(metric.filter, metric)] -%}
    {%- if metric.type == 'simple' -%}
        {%- set input = parameters.measure -%}
        {%- if input.join_to_timespine or input.fill_nulls_with is not none -%}
            {%- do logmart.metric_error(metric, 'a measure with join_to_timespine or'
                ~ ' fill_nulls_with has rows on dates without any: take it out') -%}
        {%- endif -%}
        {%- set filters = filters + [(input.filter, metric)] -%}
        {%- set measure = layer.measures[input.name] -%}
        {%- if 'parts' in plan -%}
            {{ return(logmart.part_value(measure, filters, plan)) }}
        {%- endif -%}
        {{ return(logmart.measure_aggregate(measure, filters, metric, plan)) }}
    {%- elif metric.type == 'ratio' -%}
        {{ return(
            'cast(' ~ logmart.input_value(parameters.numerator, filters, metric, layer, plan)
            ~ ' as double) / nullif('
            ~ logmart.input_value(parameters.denominator, filters, metric, layer, plan) ~ ', 0)'
        ) }}
    {%- elif metric.type == 'derived' -%}
        {#- Names become numbers first, because the SQL of one input may contain another's name. -#}
        {%- set expression = [parameters.expr] -%}
        {%- for input in parameters.metrics -%}
            {%- do expression.append(modules.re.sub(
                '\\b' ~ (input.alias or input.name) ~ '\\b', '<' ~ loop.index ~ '>', expression[-1]
            )) -%}
        {%- endfor -%}
        {%- for input in parameters.metrics -%}
            {%- set value = logmart.input_value(input, filters, metric, layer, plan) -%}
            {%- do expression.append(
                expression[-1] | replace('<' ~ loop.index ~ '>', '(' ~ value ~ ')')
            ) -%}
        {%- endfor -%}
        {{ return(expression[-1]) }}
    {%- endif -%}
    {%- do logmart.metric_error(metric, 'a metric of type ' ~ metric.type ~ ' has no rows of its'
        ~ ' own: write them in SQL and say why in config.meta.handwritten') -%}
{%- endmacro %}


{#- Returns the aggregate of an input of a ratio or derived metric. -#}
{% macro input_value(input, filters, metric, layer, plan) -%}
    {%- set parts = [metric.type_params.numerator, metric.type_params.denominator]
        if metric.type == 'ratio' else metric.type_params.metrics -%}
    {%- set names = [] -%}
    {%- for part in parts -%}
        {%- do names.append(part.alias or part.name) -%}
    {%- endfor -%}
    {%- if names | unique | list | length < names | length -%}
        {%- do logmart.metric_error(metric, 'MetricFlow takes inputs of one name for one: give '
            ~ names | join(' and ') ~ ' an alias each') -%}
    {%- endif -%}
    {%- if input.offset_window or input.offset_to_grain -%}
        {%- do logmart.metric_error(metric, 'offset_window and offset_to_grain look at another'
            ~ ' date: take them out') -%}
    {%- endif -%}
    {%- set filters = filters + [(input.filter, metric)] -%}
    {{ return(logmart.metric_value(layer.metrics[input.name], filters, layer, plan)) }}
{%- endmacro %}


{#- Whether a metric is a count or a sum, and no average, median or extreme. -#}
{% macro is_count(metric, layer) -%}
    {{ return(metric.type == 'simple' and layer.measures[metric.type_params.measure.name].agg
        in ['sum', 'sum_boolean', 'count', 'count_distinct']) }}
{%- endmacro %}


{#- Returns the aggregate of a measure over the rows of its mart that pass some filters. -#}
{% macro measure_aggregate(measure, filters, metric, plan) -%}
    {%- set conditions = logmart.filter_conditions(filters, plan) -%}
    {%- set of = measure.expr or measure.name -%}
    {%- if measure.agg == 'sum_boolean' -%}
        {%- set of = 'case when ' ~ of ~ ' then 1 else 0 end' -%}
    {%- endif -%}
    {%- set counted = 'case when ' ~ conditions | join(' and ') ~ ' then ' -%}
    {%- set of = counted ~ of ~ ' end' if conditions else of -%}
    {%- set not_additive = measure.non_additive_dimension -%}
    {%- set dated_by = measure.agg_time_dimension or measure.model.defaults.agg_time_dimension -%}
    {%- if not_additive and (not_additive.name != dated_by or not_additive.window_groupings) -%}
        {%- do logmart.metric_error(metric, 'measure ' ~ measure.name ~ ' may be summed on a day'
            ~ ' only if its non_additive_dimension is ' ~ dated_by) -%}
    {%- endif -%}
    {%- for dimension in measure.model.dimensions if dimension.name == dated_by -%}
        {%- if dimension.type_params.time_granularity != 'day' -%}
            {%- do logmart.metric_error(metric, 'it is dated by ' ~ dated_by ~ ', whose'
                ~ ' time_granularity is no day: metrics_daily holds days') -%}
        {%- endif -%}
        {%- do plan.metric_dates.update({dated_by: dimension.expr or dimension.name}) -%}
    {%- endfor -%}
    {%- if measure.agg in ['sum', 'sum_boolean'] -%}
        {{ return('sum(' ~ of ~ ')') }}
    {%- elif measure.agg in ['count', 'count_distinct'] -%}
        {%- set count = 'count(' ~ ('distinct ' if measure.agg == 'count_distinct') ~ of ~ ')' -%}
        {{ return(
            'case when count(' ~ counted ~ '1 end) > 0 then ' ~ count ~ ' end'
            if conditions else count
        ) }}
    {%- elif measure.agg in ['min', 'max'] -%}
        {{ return(measure.agg ~ '(' ~ of ~ ')') }}
    {%- elif measure.agg == 'average' -%}
        {{ return('avg(' ~ of ~ ')') }}
    {%- elif measure.agg == 'median' -%}
        {{ return(logmart.median(of)) }}
    {%- elif measure.agg == 'percentile'
        and not measure.agg_params.use_discrete_percentile
        and not measure.agg_params.use_approximate_percentile -%}
        {{ return(logmart.percentile(of, measure.agg_params.percentile)) }}
    {%- endif -%}
    {%- do logmart.metric_error(metric, 'measure ' ~ measure.name ~ ' is a ' ~ measure.agg
        ~ ': of percentiles there are the exact, continuous ones alone') -%}
{%- endmacro %}
