{#
    Typed and judged records: the whole of a stg_<source>__<entity> model. The macro makes it from
    the model's own YAML by the rules of the tracking plan (planned_event()). The model's
    config.meta names the `record`; the meta of a column names the `property` and its rules.

    in:  reads base_<source>__<entity>
         rules: violations that depend on several columns, as expressions over the typed columns
         that are null where there is no violation
    out: one row a landed line, with broken lines: landing_file, line_number, landed_date; the typed
         columns as planned_event() returns them; properties, masked_properties and masked_line as
         event_columns() returns them; violations (varchar[], empty for a valid record) and is_valid
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
