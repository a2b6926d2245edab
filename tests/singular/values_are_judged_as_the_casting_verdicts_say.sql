-- Fails on every row of casting_verdicts that the macros of planned_event() judge otherwise:
-- another verdict, whether the property is required or not, or another value.
{%- set types = property_types() %}
with casting_verdicts as (
    select * from {{ ref('casting_verdicts') }}
),

read_values as (
    select
        *,
        {{ property_values([{'property': 'value'}]) }} as property_values
    from casting_verdicts
),
{%- for type in types %}
{%- set property = {'property': 'value', 'column': 'typed_value', 'data_type': type} %}
{%- set rules = dict(property, allowed=none, min=none, max=none, pattern=none) %}
{%- set due_value = 'cast(becomes as ' ~ engine_type(type) ~ ')' if type != 'varchar'
    else 'substring(becomes, 2, length(becomes) - 2)' %}

typed_{{ type }}_values as (
    select
        *,
        {{ typed_value(property) | indent(8) }} as typed_value
    from read_values
    where data_type = '{{ type }}'
),

judged_{{ type }}_values as (
    select
        *,
        {{ due_value }} as due_value,
        {{ property_violation(dict(rules, required=true)) | indent(8) }} as required_violation,
        {{ property_violation(dict(rules, required=false)) | indent(8) }} as optional_violation
    from typed_{{ type }}_values
),
{%- endfor %}

judged_values as (
    {%- for type in types %}
    select
        data_type,
        properties,
        remark,
        verdict,
        required_violation,
        optional_violation,
        cast(typed_value as varchar) as found_value,
        cast(due_value as varchar) as due_value
    from judged_{{ type }}_values
    where
        typed_value is distinct from due_value
        or required_violation is distinct from case verdict
            when 'wrong_type' then 'wrong_type:value'
            when 'missing' then 'missing_required:value'
        end
        or optional_violation is distinct from case verdict
            when 'wrong_type' then 'wrong_type:value'
        end
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from judged_values
