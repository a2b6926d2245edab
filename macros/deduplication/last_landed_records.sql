{#
    The valid records of an entity, each once: of several that landed under one key, the one that
    landed on the last date, so that a correction replaces what it corrects and the order in which
    files are loaded does not matter. Of those of one date the one with the latest clock of its own
    is taken, then the one in the file with the highest number (transfers-10 after transfers-9),
    then the last line.

    in:  records: a ref() to a stg_<source>__<entity> model, or a CTE of its columns; keys: list of
         expressions; clock: an expression, the moment of which a record tells, if it has one
    out: a query: the columns of the model, and copy_number, which is 1
#}
{% macro last_landed_records(records, keys, clock=none) -%}
select *
from (
    select
        *,
        row_number() over (
            partition by {{ keys | join(', ') }}
            order by
                landed_date desc,
                {%- if clock %}
                {{ clock }} desc nulls last,
                {%- endif %}
                {{ natural_order('landing_file') | indent(16) }} desc,
                landing_file desc,
                line_number desc
        ) as copy_number
    from {{ records }}
    where is_valid
) as copies
where copy_number = 1
{%- endmacro %}
