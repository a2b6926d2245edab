{#
    A query of users' active days with the active days before and after: user_id, activity_date,
    last_activity_date and next_activity_date (null where there is none), and churn_date, the date
    from which the user is churned unless active before it.

    in:  user_days: a relation of user_id and activity_date, one row a user and date
#}
{% macro neighbouring_days(user_days) -%}
select
    user_id,
    activity_date,
    lag(activity_date) over user_order as last_activity_date,
    lead(activity_date) over user_order as next_activity_date,
    {{ dbt.dateadd('day', var('churn_after_days'), 'activity_date') }} as churn_date
from {{ user_days }}
window user_order as (partition by user_id order by activity_date)
{%- endmacro %}
