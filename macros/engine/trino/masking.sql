{% macro trino__mask_text(text) -%}
regexp_replace(
    regexp_replace({{ text }}, '[A-Za-z]|[^\x00-\x7F]', 'a'), '[0-9]', '9'
)
{%- endmacro %}


{% macro trino__shown_name(text) -%}
case
    when
        regexp_like({{ text }}, '\A[A-Za-z0-9_.$ -]{0,64}\z')
        and not regexp_like(
            {{ text }}, '[0-9]{5}|[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-|[0-9A-Fa-f]{16}'
        )
        then {{ text }}
    else {{ mask_text(text) }}
end
{%- endmacro %}


{% macro trino__mask_properties(text) -%}
{%- set body -%}
case
        when {{ logmart.trino__is_object_text('object') }}
            then '{' || array_join(
                transform(
                    {{ logmart.trino__json_names('object') | indent(20) }},
                    name -> '"' || {{ shown_name('name') | indent(20) }} || '": '
                    || coalesce({{ mask_text(json_field_named('object', 'name')) }}, 'null')
                ),
                ', '
            ) || '}'
    end
{%- endset -%}
coalesce(
    {{ logmart.trino__once(logmart.trino__standard_json(text), 'object', body) }},
    {{ mask_text(text) }}
)
{%- endmacro %}


{% macro trino__unplanned_properties(text, planned) -%}
{%- set body -%}
transform(
        array_sort(filter(
            {{ logmart.trino__json_names('object') | indent(12) }},
            name -> name is not null
            {%- if planned %} and name not in (
            {%- for name in planned -%}
            {{ logmart.sql_string(name) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
            )
            {%- endif %}
        )),
        name -> cast(row(
            {{ shown_name('name') | indent(12) }},
            {{ json_kind(json_field_named('object', 'name')) | indent(12) }},
            substring({{ mask_text(json_field_named('object', 'name')) | indent(12) }}, 1, 100)
        ) as row(name varchar, kind varchar, shape varchar))
    )
{%- endset -%}
{{ logmart.trino__once(logmart.trino__standard_json(text), 'object', body) }}
{%- endmacro %}


{% macro trino__unplanned_warnings(list) -%}
array_sort(array_distinct(transform({{ list }}, item -> 'unplanned_property:' || item.name)))
{%- endmacro %}


{% macro trino__no_unplanned_properties() -%}
cast(array[] as array(row(name varchar, kind varchar, shape varchar)))
{%- endmacro %}


{% macro trino__no_judgement() -%}
cast(null as {{ logmart.trino__judgement_type() }})
{%- endmacro %}


{%- macro trino__judgement_type() -%}
row(
    violations array(varchar),
    warnings array(varchar),
    plan_hash varchar,
    masked_properties varchar,
    masked_line varchar,
    unplanned_properties array(row(name varchar, kind varchar, shape varchar))
)
{%- endmacro -%}
