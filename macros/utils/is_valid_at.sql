{#
    Whether a row that is valid from one moment until another, or still, is valid at a third.

    in:  at, valid_from (inclusive), valid_to (exclusive; null: still): expressions of one type
    out: boolean
#}
{% macro is_valid_at(at, valid_from, valid_to) -%}
{{ at }} >= {{ valid_from }}
and (
    {{ at }} < {{ valid_to }}
    or {{ valid_to }} is null
)
{%- endmacro %}
