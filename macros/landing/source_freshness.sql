{#
    What `dbt source freshness` asks of a source, in place of dbt's own: it compares with now() and
    not with the wall clock, so that the sample is as fresh on any day as on its last.

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


{#- The end of the last day on which a file of any source landed, an expression. -#}
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
