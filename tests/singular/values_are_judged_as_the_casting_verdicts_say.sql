-- Fails on every row of casting_verdicts that the macros of planned_event() judge otherwise: another
-- verdict, whether the property is required or not, or another value.
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

typed_{{ type }}_values as (
    select
        *,
        {{ typed_value(property) | indent(8) }} as typed_value
    from read_values
    where data_type = '{{ type }}'
),

judged_{{ type }}_values as (
    select
        data_type,
        properties,
        remark,
        verdict,
        becomes,
        cast(typed_value as varchar) as found_value,
        {%- if type == 'varchar' %}
        typed_value is distinct from substring(becomes, 2, length(becomes) - 2) as is_other_value,
        {%- else %}
        typed_value is distinct from cast(becomes as {{ type }}) as is_other_value,
        {%- endif %}
        {%- for name, required in [('required', true), ('optional', false)] %}
        {{ property_violation(
            dict(property, required=required, allowed=none, min=none, max=none, pattern=none)
        ) | indent(8) }} as {{ name }}_violation{{ ',' if not loop.last }}
        {%- endfor %}
    from typed_{{ type }}_values
),
{%- endfor %}

judged_values as (
    {%- for type in types %}
    select * from judged_{{ type }}_values
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from judged_values
where
    is_other_value
    or required_violation is distinct from case verdict
        when 'wrong_type' then 'wrong_type:value'
        when 'missing' then 'missing_required:value'
    end
    or optional_violation is distinct from case verdict
        when 'wrong_type' then 'wrong_type:value'
    end
