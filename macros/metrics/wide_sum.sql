{#
    Returns a sum of whole numbers that senders choose, as decimal(38, 0): it is exact, and no value
    that was sent makes it overflow. Null for no rows.
#}
{% macro wide_sum(expression) -%}
sum(cast({{ expression }} as decimal(38, 0)))
{%- endmacro %}
