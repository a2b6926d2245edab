{#
    Overrides dbt-trino's form of delete+insert: one merge replaces the rows of the keys. dbt-trino
    deletes and inserts in two statements; a run that stops between them would leave the table
    without those rows.
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
    One merge that replaces rows of a table. It deletes the rows that have a key of `source` or of
    the query `tombstones`, inserts the rows of `source`, and sets amended_columns of the rows of
    the query `amended`. No row is in two of them.
#}
{% macro rows_replaced_by_merge(
    target, source, unique_key, dest_columns,
    predicates=[], tombstones=none, amended=none, amended_columns=[]
) -%}
{#- A row never changes its partition: with the partition in the key, no other is read. -#}
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
        {%- if tombstones %}
        union all
        select {{ keys | join(', ') }} from (
            {{ tombstones | indent(12) }}
        ) as tombstones
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


{#- A select list of all columns, in which those that are not named are null. -#}
{% macro columns_or_null(columns, named) -%}
    {%- for column in columns -%}
        {{ column.quoted if column.name in named
            else 'cast(null as ' ~ column.data_type ~ ')' }} as {{ column.quoted }}
        {{- ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- The columns that the running model is partitioned by: `day`, or the column of `day(column)`. -#}
{% macro partition_columns() -%}
    {%- set partitioning = (config.get('properties') or {}).get('partitioning', '') -%}
    {{ return(modules.re.findall("'(?:day\\()?(\\w+)\\)?'", partitioning)) }}
{%- endmacro %}
