{#
    The sum of whole numbers that senders choose: as many digits as an engine has, so that it is
    exact, and none of them makes it overflow. decimal(38, 0); null for no rows.
#}
{% macro wide_sum(expression) -%}
sum(cast({{ expression }} as decimal(38, 0)))
{%- endmacro %}
