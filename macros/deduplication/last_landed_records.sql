{#
    A query of the last valid record of each key, so that a correction replaces what it corrects and
    the order of loading is irrelevant. Records are compared by landed date, then by clock, then by
    the number in the file's name (transfers-10 after transfers-9), then by line.

    in:  records: a ref() to a stg_<source>__<entity> model, or a CTE with its columns
         keys: list of expressions
         clock: an expression, the moment that the record describes; none where it has no such
         moment
    out: the columns of the model, and copy_number, which is 1
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
