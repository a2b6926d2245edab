{#
    What a user is on an active day: new on the first one; returning within churn_after_days of the
    last one; resurrected after that.

    in:  reads activity_date and last_activity_date, as neighbouring_days() gives them
    out: varchar: new, returning or resurrected
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
