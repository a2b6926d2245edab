{#
    Rows of some keys replaced in one step. dbt-trino deletes and inserts in two: what stops between
    them would leave the table without the rows.
#}
{% macro trino__get_delete_insert_merge_sql(
    target, source, unique_key, dest_columns, incremental_predicates
) -%}
{#- A row stays in its partition: no other needs to be looked through for it. -#}
{%- set keys = ([unique_key] if unique_key is string else unique_key)
    + logmart.partition_columns() -%}
{%- set columns = dest_columns | map(attribute='quoted') | list -%}
merge into {{ target }} as kept
using (
    select
        false as is_removal,
        {{ columns | join(', ') }}
    from {{ source }}
    union all
    select
        true as is_removal,
        {%- for column in columns %}
        {{ column if column | replace('"', '') in keys
            else 'cast(null as ' ~ dest_columns[loop.index0].data_type ~ ')' }} as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (select distinct {{ keys | join(', ') }} from {{ source }}) as keys
) as arrived
on
    arrived.is_removal
    {%- for key in keys %}
    and kept.{{ key }} = arrived.{{ key }}
    {%- endfor %}
    {%- for predicate in incremental_predicates or [] %}
    and {{ predicate }}
    {%- endfor %}
when matched then delete
when not matched and not arrived.is_removal
    then insert ({{ columns | join(', ') }})
    values (
        {%- for column in columns %}arrived.{{ column }}{{ ', ' if not loop.last }}{% endfor -%}
    )
{%- endmacro %}


{% macro trino__get_empty_schema_sql(columns) -%}
    {%- set casts = [] -%}
    {%- for column in columns.values() -%}
        {%- set type = engine_type(api.Column.translate_type(column['data_type'])) -%}
        {%- do casts.append('cast(null as ' ~ type ~ ') as ' ~ column['name']) -%}
    {%- endfor -%}
    {{ return('select ' ~ casts | join(', ') ~ ' where false') }}
{%- endmacro %}


{% macro trino__empty_expired(base, judged, expired) -%}
{%- set is_of_events = judged.identifier == 'int_judged_events' -%}
merge into {{ base }} as landed
using (
    select * from {{ judged }}
    where landed_date in (select landed_date from {{ base }} where {{ expired }})
) as judged
on
    landed.landed_date = judged.landed_date
    and landed.landing_file = judged.landing_file
    and landed.line_number = judged.line_number
    and landed.{{ expired | replace(' and judgement', ' and landed.judgement') }}
when matched then update set
    properties = judged.properties,
    raw_line = null,
    judgement = cast(row(
        judged.violations,
        {{ 'judged.warnings' if is_of_events else 'cast(array[] as array(varchar))' }},
        {{ 'judged.plan_hash' if is_of_events else "''" }},
        judged.masked_properties,
        judged.masked_line,
        {{ 'judged.unplanned_properties' if is_of_events
            else logmart.trino__no_unplanned_properties() }}
    ) as {{ logmart.trino__judgement_type() }})
{%- endmacro %}


{#- The key of a snapshot's row: times without the zeros that end a fraction, as in DuckDB. -#}
{% macro trino__snapshot_hash_arguments(args) -%}
lower(to_hex(md5(to_utf8(array_join(array[
    {%- for arg in args %}
    regexp_replace(
        coalesce(cast({{ arg }} as varchar), ''),
        '\A([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}(?:\.[0-9]*[1-9])?)\.?0*\z', '$1'
    ){{ ',' if not loop.last }}
    {%- endfor %}
], '|')))))
{%- endmacro %}
