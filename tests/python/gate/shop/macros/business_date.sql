{# The business date of a moment in UTC. #}
{% macro business_date(moment) -%}
cast({{ moment }} + interval 9 hour as date)
{%- endmacro %}
