{#
    The first date that an active day no longer counts its user for, in a trailing window of some
    days.

    in: days, the window's length; columns activity_date and next_activity_date (null for a user's
        last)
#}
{% macro window_end(days) -%}
least(
    {{ dbt.dateadd('day', days, 'activity_date') }},
    coalesce(next_activity_date, {{ dbt.dateadd('day', days, 'activity_date') }})
)
{%- endmacro %}
