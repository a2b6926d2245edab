{#
    Returns the first date on which an active day no longer counts its user in a trailing window.

    in:  days: length of the window; reads activity_date and next_activity_date (null for a user's
         last)
#}
{% macro window_end(days) -%}
least(
    {{ dbt.dateadd('day', days, 'activity_date') }},
    coalesce(next_activity_date, {{ dbt.dateadd('day', days, 'activity_date') }})
)
{%- endmacro %}
