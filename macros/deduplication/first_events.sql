{#
    A query of the first event of each key: among the valid events that are no duplicates and no
    bots', the event that occurred first. Ties go by file, then line, so that the order of loading
    is irrelevant.

    in:  events: a ref() to a stg_<source>__<event> model; key: a column of it
    out: the columns of the model, and event_number, which is 1
#}
{% macro first_events(events, key) -%}
select *
from (
    select
        *,
        row_number() over (
            partition by {{ key }} order by occurred_at, landing_file, line_number
        ) as event_number
    from {{ events }}
    where is_valid and not is_duplicate and not is_bot
) as events
where event_number = 1
{%- endmacro %}
