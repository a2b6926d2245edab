{#
    Whether a row of a history is valid at a moment.

    in:  at, valid_from (inclusive), valid_to (exclusive; null: still valid): expressions of one
         type
    out: boolean
#}
{% macro is_valid_at(at, valid_from, valid_to) -%}
{{ at }} >= {{ valid_from }}
and (
    {{ at }} < {{ valid_to }}
    or {{ valid_to }} is null
)
{%- endmacro %}
