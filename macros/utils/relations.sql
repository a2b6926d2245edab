{#- The relation of a model of this project, none where it is not built. -#}
{% macro built(name) -%}
    {%- set node = graph.nodes.get('model.logmart.' ~ name) -%}
    {%- if node -%}
        {{ return(adapter.get_relation(node.database, node.schema, node.alias)) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}


{#
    The values of a column of a seed, in order: none where dbt parses, lints or compiles without a
    database. Stops a build in which the seed is not built yet, naming it.
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
