{#
    Returns filters of the YAML as a list of SQL conditions on a mart, all of which a counted row
    meets. Each `{{ Dimension('entity__name') }}` becomes the column of dimension_column().

    in:  filters: pairs of a filter, or none, and the metric that has it
#}
{% macro filter_conditions(filters, plan) -%}
    {%- set conditions = [] -%}
    {%- for filter, metric in filters if filter -%}
        {%- for where in filter.where_filters -%}
            {%- set parts = modules.re.split(
                "\\{\\{\\s*Dimension\\(\\s*['\"](\\w+?)__(\\w+)['\"]\\s*\\)\\s*\\}\\}",
                where.where_sql_template
            ) -%}
            {%- set condition = [] -%}
            {%- for text in parts[::3] -%}
                {%- if '{{' in text or '{%' in text -%}
                    {%- do logmart.metric_error(metric, 'its filter ' ~ where.where_sql_template
                        ~ ' may name dimensions alone, as ' ~ "{{ Dimension('entity__name') }}") -%}
                {%- endif -%}
                {%- do condition.append(text) -%}
                {%- if not loop.last -%}
                    {%- set first = 3 * loop.index0 -%}
                    {%- set entity, name = parts[first + 1], parts[first + 2] -%}
                    {%- do condition.append(
                        logmart.dimension_column(entity, name, metric, plan)
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
            {%- do conditions.append('(' ~ condition | join ~ ')') -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(conditions) }}
{%- endmacro %}


{#
    Returns the column of a dimension, named as in MetricFlow: entity__name. Adds it to the columns
    of the plan or, where the entity belongs to another mart, to the plan's joins.
#}
{% macro dimension_column(entity, name, metric, plan) -%}
    {%- set own = plan.model -%}
    {%- set column = entity ~ '__' ~ name -%}
    {%- set is_own = entity == logmart.primary_entity(own) -%}
    {%- set homes = [own] if is_own else [] -%}
    {%- set keys = own.entities | selectattr('name', 'equalto', entity) | list -%}
    {%- for semantic_model in graph.semantic_models.values() if keys and not is_own -%}
        {%- for key in semantic_model.entities
            if key.name == entity and key.type in ['primary', 'unique'] -%}
            {%- do homes.append(semantic_model) -%}
            {%- if entity not in plan.joins -%}
                {%- do plan.joins.update({entity: {
                    'mart': semantic_model.node_relation.alias,
                    'key': key.expr or key.name,
                    'own_key': keys[0].expr or keys[0].name,
                    'columns': {},
                }}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for dimension in homes[0].dimensions
        if homes | length == 1 and dimension.name == name and dimension.type == 'categorical' -%}
        {%- do found.append(dimension.expr or dimension.name) -%}
    {%- else -%}
        {%- do logmart.metric_error(metric, column ~ ' is no categorical dimension of semantic'
            ~ ' model ' ~ own.name ~ ' or of one that it joins to: name one, or add it there') -%}
    {%- endfor -%}
    {%- do (plan.columns if is_own else plan.joins[entity].columns).update({column: found[0]}) -%}
    {{ return(column) }}
{%- endmacro %}


{#- Returns the primary entity of a semantic model. -#}
{% macro primary_entity(semantic_model) -%}
    {%- set found = semantic_model.entities | selectattr('type', 'equalto', 'primary')
        | map(attribute='name') | list -%}
    {{ return(found[0] if found else semantic_model.primary_entity) }}
{%- endmacro %}
