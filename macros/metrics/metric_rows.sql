{#
    The query of a model: rows of the metrics of models/semantic/ that are in the model's group.

    in:  marts: a list of ref(), of all marts that the metrics read
         records_of: the model is disabled without the records of this system; none: never
    out: a query: metric, metric_date, dimension, dimension_value, numerator, denominator,
         window_days, open_days, has_whole_window
#}
{% macro defined_metric_rows(marts, records_of=none) -%}
{%- if records_of -%}
{{ config(enabled=has_records_of(records_of)) }}
{%- endif -%}
{%- set relations = {} -%}
{%- for mart in marts -%}
    {%- do relations.update({mart.identifier: mart}) -%}
{%- endfor -%}
{%- set plans = logmart.metric_plans(model.config.group) if execute else [] -%}
{%- for plan in plans -%}
    {%- for read in plan.parts or [plan] -%}
        {%- for mart in [read.mart] + read.joins.values() | map(attribute='mart') | list
            if mart not in relations -%}
            {%- do logmart.metric_error(plan, 'it reads ' ~ mart ~ ', which '
                ~ model.original_file_path ~ " does not list: have ref('" ~ mart ~ "') there") -%}
        {%- endfor -%}
    {%- endfor -%}
{%- endfor -%}
{%- set combined = plans | selectattr('parts', 'defined') | list -%}
{%- set queries = [] -%}
{%- if plans | length > combined | length -%}
    {%- do queries.append(
        logmart.rows_on_marts(relations, plans | rejectattr('parts', 'defined') | list)
    ) -%}
{%- endif -%}
{%- if combined -%}
    {%- do queries.append(logmart.combined_rows(relations, combined)) -%}
{%- endif -%}
{%- for query in queries %}
{{ query }}
{{ 'union all' if not loop.last }}
{%- else %}
select
    cast(null as varchar) as metric,
    cast(null as date) as metric_date,
    cast(null as varchar) as dimension,
    cast(null as varchar) as dimension_value,
    cast(null as double) as numerator,
    cast(null as double) as denominator,
    cast(null as bigint) as window_days,
    cast(null as bigint) as open_days,
    true as has_whole_window
where false
{%- endfor %}
{%- endmacro %}


{#- A query of the rows of plans on one mart each. -#}
{% macro rows_on_marts(relations, plans) -%}
{%- for mart, of_mart in plans | groupby('mart') -%}
{%- set is_last = loop.last -%}
{%- for metric_date, of_date in of_mart | groupby('metric_date') %}
{{ logmart.metric_rows_of_mart(relations, of_date) }}
{{ 'union all' if not (is_last and loop.last) }}
{%- endfor %}
{%- endfor %}
{%- endmacro %}


{#
    A query of the rows of the metrics that share a mart and a date column. The mart is aggregated
    once, by date and each dimension; each metric takes the aggregates that its plan names.
#}
{% macro metric_rows_of_mart(relations, plans) -%}
{%- set entity = plans[0].entity -%}
{%- set columns, joins, dimensions, values = {}, {}, {}, {} -%}
{%- set days = {'window_days': 'dimensions', 'open_days': 'open_days'} -%}
{%- set names = ['numerator', 'denominator', 'has_whole_window', 'row_count'] -%}
{%- set cases = {} -%}
{%- for name in names + days.keys() | list -%}
    {%- do cases.update({name: {}}) -%}
{%- endfor -%}
{%- for plan in plans -%}
    {%- do columns.update(plan.columns) -%}
    {%- do dimensions.update(plan.dimensions) -%}
    {%- for joined, join in plan.joins.items() -%}
        {%- do joins.update({joined: dict(
            join, columns=dict(joins.get(joined, join).columns, **join.columns)
        )}) -%}
    {%- endfor -%}
    {%- set counted = {
        'numerator': 'cast(' ~ plan.numerator ~ ' as double)',
        'denominator': 'cast(' ~ plan.denominator ~ ' as double)' if plan.denominator,
        'row_count': 'count(case when ' ~ plan.rows ~ ' then 1 end)' if plan.rows,
        'has_whole_window': 'count(case when ' ~ (plan.rows ~ ' and ' if plan.rows) ~ 'not ('
            ~ plan.has_whole_window ~ ') then 1 end) = 0' if plan.has_whole_window,
    } -%}
    {%- for name, setting in days.items() -%}
        {%- for expression in plan[setting].values() if expression is string -%}
            {%- set expression = 'case when ' ~ plan.rows ~ ' then ' ~ expression ~ ' end'
                if plan.rows else expression -%}
            {%- do counted.update({name: 'max(' ~ expression ~ ')'}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for name, value in counted.items() if value -%}
        {%- do values.update({value: values.get(value, 'value_' ~ (values | length + 1))}) -%}
        {%- set value = 'counted.' ~ values[value] -%}
        {%- do cases[name].update({
            plan.name: 'coalesce(' ~ value ~ ', 0)' if name in plan.counts else value
        }) -%}
    {%- endfor -%}
{%- endfor -%}
{%- set grouped = dimensions | reject('equalto', 'all') | list -%}
select
    published.metric,
    counted.metric_date,
    counted.dimension,
    counted.dimension_value,
    {{ logmart.by_metric(cases.numerator) | indent }} as numerator,
    {{ logmart.by_metric(cases.denominator, 'cast(null as double)') | indent }} as denominator,
    {%- for name in days %}
    cast({{ logmart.by_metric(cases[name], 'published.' ~ name) | indent }} as bigint)
        as {{ name }},
    {%- endfor %}
    {{ logmart.by_metric(cases.has_whole_window, 'true') | indent }} as has_whole_window
from (
    select
        metric_time as metric_date,
        {%- for column in ['dimension', 'dimension_value'] %}
        {%- if grouped %}
        case
            {%- for name in grouped %}
            when grouping({{ entity }}__{{ name }}) = 0
                then {{ "'" ~ name ~ "'" if column == 'dimension'
                    else 'cast(' ~ entity ~ '__' ~ name ~ ' as varchar)' }}
            {%- endfor %}
            else 'all'
        end as {{ column }},
        {%- else %}
        'all' as {{ column }},
        {%- endif %}
        {%- endfor %}
        {%- for value, name in values.items() %}
        {{ value }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            mart.*,
            {%- for join in joins.values() %}
            {%- for name in join.columns %}
            {{ name }},
            {%- endfor %}
            {%- endfor %}
            {%- for name, expression in columns.items() %}
            {{ expression }} as {{ name }},
            {%- endfor %}
            cast({{ plans[0].metric_date }} as date) as metric_time
        from {{ relations[plans[0].mart] }} as mart
        {%- for joined, join in joins.items() %}
        left join (
            select
                {{ join.key }} as {{ joined }}__key,
                {%- for name, expression in join.columns.items() %}
                {{ expression }} as {{ name }}{{ ',' if not loop.last }}
                {%- endfor %}
            from {{ relations[join.mart] }}
        ) as {{ joined }} on {{ join.own_key }} = {{ joined }}__key
        {%- endfor %}
    ) as dimensioned
    where metric_time is not null
    group by grouping sets (
        {%- for name in dimensions %}
        (metric_time{{ ', ' ~ entity ~ '__' ~ name if name != 'all' }}){{ ',' if not loop.last }}
        {%- endfor %}
    )
) as counted
inner join (
    values
    {%- for plan in plans %}
    {%- set is_last = loop.last -%}
    {%- for dimension in plan.dimensions %}
    ('{{ plan.name }}', '{{ dimension }}'
    {%- for setting in days.values() -%}
    , {{ 0 if plan[setting][dimension] is string else plan[setting][dimension] }}
    {%- endfor %}){{ ',' if not (is_last and loop.last) }}
    {%- endfor %}
    {%- endfor %}
) as published (metric, dimension, {{ days | join(', ') }})
    on counted.dimension = published.dimension
{%- if cases.row_count %}
where {{ logmart.by_metric(cases.row_count, '1') | indent }} > 0
{%- endif %}
{%- endmacro %}


{#- Returns a case expression: a value for each metric, and `others` for the rest. -#}
{% macro by_metric(values, others) -%}
{%- if values -%}
case published.metric
    {%- for metric, value in values.items() %}
    when '{{ metric }}' then {{ value }}
    {%- endfor %}
    {%- if others %}
    else {{ others }}
    {%- endif %}
end
{%- else -%}
{{ others }}
{%- endif -%}
{%- endmacro %}


{#
    A query that turns a wide table of handwritten metrics into long rows, one a row of the table
    and metric.

    in:  table: a CTE of metric_date, dimension, dimension_value and the columns that metrics read
         metrics: by name, expressions over the table:
             numerator          what is counted or summed
             denominator        what the numerator is divided by; none for a count or a sum
             window_days        for how many days after the date events still count; 0 by default
             open_days          for how many of these days the date is open; 0 by default
             has_whole_window   whether the data covers the metric's whole window; true by default
    out: metric, metric_date, dimension, dimension_value, numerator, denominator, window_days,
         open_days, has_whole_window
#}
{% macro metric_rows(table, metrics) -%}
{%- for metric, made_of in metrics.items() %}
select
    '{{ metric }}' as metric,
    metric_date,
    dimension,
    dimension_value,
    cast({{ made_of.numerator }} as double) as numerator,
    cast({{ made_of.denominator or 'null' }} as double) as denominator,
    cast({{ made_of.window_days or 0 }} as bigint) as window_days,
    cast({{ made_of.open_days or 0 }} as bigint) as open_days,
    {{ made_of.has_whole_window or 'true' }} as has_whole_window
from {{ table }}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}
