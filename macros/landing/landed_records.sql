{#
    The configuration of a base_<source>__<entity> model of records. The model is in the schema
    `restricted`, because it holds text as it landed.
#}
{% macro base_records_config(source_name, entity) -%}
    {{ return({
        'materialized': 'incremental',
        'incremental_strategy': 'delete+insert',
        'unique_key': ['landing_file', 'line_number'],
        'schema': 'restricted',
        'enabled': logmart.has_records_of(source_name),
        'pre_hook':
            "{% if has_landed(source('" ~ source_name ~ "', '" ~ entity ~ "')) %}"
            ~ "{{ choose_new_files('" ~ source_name ~ "', '" ~ entity ~ "') }}{% endif %}",
        'post_hook': "{{ forget_new_lines('" ~ source_name ~ "', '" ~ entity ~ "') }}",
    }) }}
{%- endmacro %}


{#
    The landed records of an entity: the whole of a base_<source>__<entity> model.

    in:  source_name, entity; reads source(source_name, entity) and base_<source>__files
         user_property: the property that names the user of a record; none where no user is named
    out: one row a landed line, with broken lines:
             landing_file, line_number, landed_date
             properties                 the record as JSON text; null for an unreadable line and for
                                        the record of an erased user
             line_violations (varchar[])    erased, line_too_long, unreadable_line or invalid_utf8
                                        (holds_replaced_bytes()), the first that holds, or nothing
             raw_line                   the landed text of an unreadable line (kept_line())
             judgement                  null until expire_raw_text() empties the text
    The model is incremental by file. It has no rows where no file has landed.
#}
{% macro landed_records(source_name, entity, user_property=none) -%}
with files as (
    select * from {{ ref('base_' ~ source_name ~ '__files') }}
),

lines as (
    {%- if has_landed(source(source_name, entity)) %}
    {{ new_landing_lines(source_name, entity) | indent }}
    {%- else %}
    select
        cast(null as varchar) as landing_file,
        cast(null as bigint) as line_number,
        cast(null as varchar) as line
    where false
    {%- endif %}
),

read_lines as (
    select
        lines.landing_file,
        lines.line_number,
        lines.line,
        files.landed_date,
        {{ is_json_object('lines.line') }} and not {{ is_too_long('lines.line') }} as is_readable
        {%- if user_property %},
        {{ json_text_at('lines.line', logmart.sql_string(user_property)) }} as user_id
        {%- endif %}
    from lines
    inner join files on lines.landing_file = files.landing_file
),
{%- if user_property %}

erased_ids as (
    {{ erased_ids() | indent }}
),

users as (
    select distinct user_id from read_lines
    where user_id is not null and (select count(*) from erased_ids) > 0
),

erased_users as (
    select user_id from users
    where {{ keyed_hash('user_id') | indent(8) }} in (
        select identifier_hash from erased_ids
        where kind = 'user'
    )
),
{%- endif %}

marked_lines as (
    select
        *,
        {{ is_erased_line('line') }}
        {%- if user_property %}
        or coalesce(user_id in (select user_id from erased_users), false)
        {%- endif %} as is_erased
    from read_lines
),

landed_records as (
    select
        landing_file,
        line_number,
        landed_date,
        case when is_readable and not is_erased then line end as properties,
        {{ list_of_present([
            "case when is_erased then 'erased' when " ~ is_too_long('line')
            ~ " then 'line_too_long' when not is_readable then 'unreadable_line' when "
            ~ holds_replaced_bytes('line') ~ " then 'invalid_utf8' end",
        ]) | indent(8) }} as line_violations,
        case when not is_readable and not is_erased then {{ kept_line('line') }} end as raw_line,
        cast(null as {{ judgement_type() }}) as judgement
    from marked_lines
)

select * from landed_records
{%- endmacro %}
