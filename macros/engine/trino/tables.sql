{#
    Rows of some keys replaced in one step. dbt-trino deletes and inserts in two: what stops between
    them would leave the table without the rows.
#}
{% macro trino__get_delete_insert_merge_sql(
    target, source, unique_key, dest_columns, incremental_predicates
) -%}
    {{ return(logmart.rows_replaced_by_merge(
        target,
        source,
        [unique_key] if unique_key is string else unique_key,
        dest_columns,
        predicates=incremental_predicates or [],
    )) }}
{%- endmacro %}


{#
    One merge that deletes the rows with the keys of source, and of the query withdrawn, and inserts
    those of source. Rows of the query amended, none of which is among those, are given its
    amended_columns.
#}
{% macro rows_replaced_by_merge(
    target, source, unique_key, dest_columns,
    predicates=[], withdrawn=none, amended=none, amended_columns=[]
) -%}
{#- A row stays in its partition: no other needs to be looked through for it. -#}
{%- set keys = (unique_key + logmart.partition_columns()) | unique | list -%}
{%- set columns = dest_columns | map(attribute='quoted') | list -%}
merge into {{ target }} as kept
using (
    select
        'new' as kind,
        {{ columns | join(', ') }}
    from {{ source }}
    union all
    select
        'gone' as kind,
        {{ logmart.columns_or_null(dest_columns, keys) | indent(8) }}
    from (
        select {{ keys | join(', ') }} from {{ source }}
        {%- if withdrawn %}
        union all
        select {{ keys | join(', ') }} from (
            {{ withdrawn | indent(12) }}
        ) as withdrawn
        {%- endif %}
    ) as keys
    group by {{ keys | join(', ') }}
    {%- if amended %}
    union all
    select
        'amended' as kind,
        {{ logmart.columns_or_null(dest_columns, keys + amended_columns) | indent(8) }}
    from (
        {{ amended | indent(8) }}
    ) as amended
    {%- endif %}
) as arrived
on
    arrived.kind <> 'new'
    {%- for key in keys %}
    and kept.{{ key }} = arrived.{{ key }}
    {%- endfor %}
    {%- for predicate in predicates %}
    and {{ predicate }}
    {%- endfor %}
when matched and arrived.kind = 'gone' then delete
{%- if amended %}
when matched then update set
    {%- for column in amended_columns %}
    {{ column }} = arrived.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endif %}
when not matched and arrived.kind = 'new'
    then insert ({{ columns | join(', ') }})
    values (
        {%- for column in columns %}arrived.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
    )
{%- endmacro %}


{#- A list of columns, null but for those that are named. -#}
{% macro columns_or_null(columns, named) -%}
    {%- for column in columns -%}
        {{ column.quoted if column.name in named
            else 'cast(null as ' ~ column.data_type ~ ')' }} as {{ column.quoted }}
        {{- ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- The columns that the model that runs is partitioned by: `day`, or the day of `day(moment)`. -#}
{% macro partition_columns() -%}
    {%- set partitioning = (config.get('properties') or {}).get('partitioning', '') -%}
    {{ return(modules.re.findall("'(?:day\\()?(\\w+)\\)?'", partitioning)) }}
{%- endmacro %}
