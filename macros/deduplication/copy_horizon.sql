{#
    The interval within which two copies of an id are duplicates of each other. It is the horizon,
    plus a day, because a file of the horizon's last date is received during that day, plus the
    minutes by which an event may occur after it was received. A copy that was received later is
    too_late whenever it landed, so that no id is valid twice, unless the client reuses it at
    another moment.
#}
{% macro copy_horizon() -%}
interval '{{ var("horizon_days") + 1 }}' day
+ interval '{{ var("future_tolerance_minutes") }}' minute
{%- endmacro %}
