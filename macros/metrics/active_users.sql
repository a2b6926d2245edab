{#
    A query of how the numbers of active users change from date to date.

    An active day counts its user on each date of the window that starts with it, or until the
    user's next active day. Each user is therefore counted once on each date, and one pass over the
    active days gives every window.

    in:  active_days: a CTE of activity_date, next_activity_date (null for a user's last day), and
         the group columns
         group_columns: columns by which users are counted separately; none by default
    out: one row a group and date with a change: change_date, dau_change, wau_change, mau_change
#}
{% macro active_user_changes(active_days, group_columns=[]) -%}
{%- set windows = {'dau': 1, 'wau': 7, 'mau': 28} -%}
select
    {%- for column in group_columns %}
    {{ column }},
    {%- endfor %}
    change_date,
    {%- for metric in windows %}
    sum({{ metric }}_change) as {{ metric }}_change{{ ',' if not loop.last }}
    {%- endfor %}
from (
    select
        {%- for column in group_columns %}
        {{ column }},
        {%- endfor %}
        activity_date as change_date,
        1 as dau_change,
        1 as wau_change,
        1 as mau_change
    from {{ active_days }}
    {%- for ending in windows %}
    union all
    select
        {%- for column in group_columns %}
        {{ column }},
        {%- endfor %}
        {{ window_end(windows[ending]) | indent(8) }} as change_date,
        {%- for metric in windows %}
        {{ -1 if metric == ending else 0 }} as {{ metric }}_change{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ active_days }}
    {%- endfor %}
) as changes
group by
    {%- for column in group_columns %}
    {{ column }},
    {%- endfor %}
    change_date
{%- endmacro %}
