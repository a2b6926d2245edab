{#- The relation of a model of this project; none where the model is not built. -#}
{% macro built(name) -%}
    {%- set node = graph.nodes.get('model.logmart.' ~ name) -%}
    {%- if node -%}
        {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}


{#
    Returns the values of a column of a seed, sorted. The list is empty where dbt parses, lints or
    compiles without a database. A build stops, naming the seed, where the seed is not built yet.
#}
{% macro seed_values(seed, column) -%}
    {%- set values = [] -%}
    {%- if execute -%}
        {%- if adapter.get_relation(seed.database, seed.schema, seed.identifier) -%}
            {%- for row in run_query('select ' ~ column ~ ' from ' ~ seed ~ ' order by 1').rows -%}
                {%- do values.append(row[0]) -%}
            {%- endfor -%}
        {%- elif flags.WHICH in ['run', 'build'] -%}
            {%- do exceptions.raise_compiler_error(
                'the seed ' ~ seed.identifier ~ ' is not built: select it too, or `dbt seed`'
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {{ return(values) }}
{%- endmacro %}
