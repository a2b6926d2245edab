{# The rows of a seed, counted while a model is compiled; 0 before the seed is loaded. #}
{% macro seed_rows(seed) -%}
{%- if execute and load_relation(seed) -%}
{{ run_query('select count(*) from ' ~ seed).columns[0].values()[0] }}
{%- else -%}
0
{%- endif -%}
{%- endmacro %}
