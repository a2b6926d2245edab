{# An event's rows: its properties as its YAML types them, those alone that its YAML allows. #}
{% macro planned(event) -%}
with landed as (
    select * from {{ ref('base_shop__events') }}
    where event_name = '{{ event }}'
),

typed as (
    select
        event_id,
        occurred_at
        {%- for column in model.columns.values() if column.meta.property %},
        cast(
            json_extract_string(properties, '$.{{ column.meta.property }}') as {{ column.data_type }}
        ) as {{ column.name }}
        {%- endfor %}
    from landed
)

select * from typed
where
    true
    {%- for column in model.columns.values() if column.meta.property %}
    {%- if column.meta.allowed %}
    and {{ column.name }} in ('{{ column.meta.allowed | join("', '") }}')
    {%- endif %}
    {%- if column.meta.min is not none and column.meta.min is defined %}
    and {{ column.name }} >= {{ column.meta.min }}
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
