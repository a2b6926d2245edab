{#
    Returns the UTC moment that stands for now: the variable `now` where it is set, else the given
    moment. No model reads the wall clock, so that building the same landing zone gives the same
    rows on any day.

    in:  last_landed_moment: an expression
#}
{% macro now(last_landed_moment) -%}
{{ "timestamp '" ~ var('now') ~ "'" if var('now') else last_landed_moment }}
{%- endmacro %}
