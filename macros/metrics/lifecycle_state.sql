{#
    Returns the state of a user on an active day: `new` on the first active day, `returning` within
    churn_after_days of the previous one, `resurrected` after that.

    in:  reads activity_date and last_activity_date, as neighbouring_days() returns them
    out: varchar
#}
{% macro lifecycle_state() -%}
case
    when last_activity_date is null then 'new'
    when
        activity_date
        <= {{ dbt.dateadd('day', var('churn_after_days'), 'last_activity_date') }}
        then 'returning'
    else 'resurrected'
end
{%- endmacro %}
