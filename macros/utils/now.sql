{#
    The moment that stands for now, in UTC: the variable `now`, else the last landed moment that is
    given. No model reads the wall clock, so that a build of the same landing zone is the same on
    any day.
#}
{% macro now(last_landed_moment) -%}
{{ "timestamp '" ~ var('now') ~ "'" if var('now') else last_landed_moment }}
{%- endmacro %}
