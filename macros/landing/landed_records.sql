{#
    Whether the records of a system are joined to the events of the app: it is in the variable
    record_sources, and the app in sources. Models and marts of its records are enabled by this.
#}
{% macro has_records_of(source_name) -%}
    {{ return('app' in var('sources') and source_name in var('record_sources')) }}
{%- endmacro %}


{#
    The configuration of a base_<source>__<entity> model of records. It holds text as it landed, so
    it is in the schema `restricted`.
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
         user_property: which property names the user that a record is about, none for no user
    out: one row a landed line, broken ones too:
             landing_file, line_number, landed_date
             properties                 the record as JSON text; null for a line that is none, and
                                        for a record of a user who was erased
             line_violations (varchar[])    line_too_long, unreadable_line, erased or invalid_utf8
                                        (holds_replaced_bytes()), or nothing
             raw_line                   the line as it landed, where it could not be read
                                        (kept_line())
             judgement                  null; what was found when the text was read, once it is
                                        emptied (expire_raw_text())
    Incremental by file. Without any landed file it has no rows.
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
        {{ no_judgement() }} as judgement
    from marked_lines
)

select * from landed_records
{%- endmacro %}


{#
    Typed and judged records: the whole of a stg_<source>__<entity> model, made from the model's own
    YAML by the rules of the tracking plan (see planned_event()). The model's config.meta names the
    `record`, each column's the `property` and its rules.

    in:  reads base_<source>__<entity>
         rules: violations that hang on several columns, as expressions over the typed columns that
         are null where there is none
    out: one row a landed line, broken ones too: landing_file, line_number, landed_date; the typed
         columns as planned_event() has them; properties, masked_properties and masked_line as
         event_columns() has them; violations (varchar[], empty for a valid record) and is_valid
#}
{% macro planned_record(rules=[]) -%}
{%- set source_name = logmart.source_of_model(model) -%}
{{ config(enabled=has_records_of(source_name)) }}
{%- set properties = logmart.planned_properties(model) -%}
with landed_records as (
    select * from {{ ref('base_' ~ source_name ~ '__' ~ model.name.split('__')[1]) }}
),

read_records as (
    select
        *,
        {{ logmart.property_values(properties) }} as property_values,
        {{ json_property_count('properties') | indent(8) }} as property_count
    from landed_records
),

typed_records as (
    select
        *,
        {%- for property in properties %}
        {{ logmart.typed_value(property) | indent(8) }} as {{ property.column }},
        {%- endfor %}
        property_count <> {{ logmart.present_count(properties) | indent(8) }} as has_others
    from read_records
),

judged_records as (
    select
        *,
        {{ logmart.as_judged('violations', "case when " ~ list_length('line_violations')
            ~ " > 0 then line_violations else "
            ~ list_of_present(logmart.property_violations(properties) + rules) ~ " end"
        ) | indent(8) }} as violations
    from typed_records
)

select
    landing_file,
    line_number,
    landed_date,
    {%- for property in properties %}
    {{ logmart.shown_value(property) | indent(4) }} as {{ property.column }},
    {%- endfor %}
    {{ logmart.planned_values(properties) | indent(4) }} as properties,
    {{ logmart.as_judged('masked_properties', "case when " ~ list_length('violations')
        ~ " > 0 then " ~ mask_properties('properties') ~ " end") | indent(4) }}
        as masked_properties,
    {{ logmart.as_judged('masked_line', mask_text('raw_line')) | indent(4) }} as masked_line,
    violations,
    {{ list_length('violations') }} = 0 as is_valid
from judged_records
{%- endmacro %}


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
