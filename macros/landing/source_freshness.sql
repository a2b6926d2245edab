{#
    The query that `dbt source freshness` runs for a source. It overrides dbt's own, which compares
    with the wall clock; this query compares with now(), so that the sample is equally fresh on any
    day.

    out: a row of max_loaded_at and snapshotted_at, in UTC
#}
{% macro default__collect_freshness_custom_sql(source, loaded_at_query) %}
    {%- call statement('collect_freshness_custom_sql', fetch_result=True, auto_begin=False) -%}
    select
        ({{ loaded_at_query }}) as max_loaded_at,
        {{ now(logmart.last_landed_anywhere()) }} as snapshotted_at
    {%- endcall -%}
    {{ return(load_result('collect_freshness_custom_sql')) }}
{% endmacro %}


{#- An expression: the end of the last landed date of all sources. -#}
{% macro last_landed_anywhere() -%}
    {%- set moments = [] -%}
    {%- for node in graph.sources.values() if node.package_name == 'logmart' -%}
        {%- set landing = logmart.landing_of(node) -%}
        {%- if has_landed(landing) -%}
            {%- do moments.append('(' ~ last_landed_at(landing) ~ ')') -%}
        {%- endif -%}
    {%- endfor -%}
    greatest({{ moments | join(', ') }})
{%- endmacro %}
