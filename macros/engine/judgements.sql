{#
    Returns the unplanned properties of an event without their values, in alphabetical order: a list
    of structs of name (masked by shown_name()), kind (json_kind()) and shape (mask_text() of the
    value's JSON).

    in:  text: the JSON text of an object; planned: the names of the planned properties
#}
{% macro unplanned_properties(text, planned) -%}
    {{ return(adapter.dispatch('unplanned_properties', 'logmart')(text, planned)) }}
{%- endmacro %}

{% macro duckdb__unplanned_properties(text, planned) -%}
list_sort(list_transform(
    list_distinct(list_filter(
        coalesce(try(json_keys({{ text }})), []),
        lambda name: name is not null
            {%- if planned %} and name not in (
            {%- for name in planned -%}
            {{ logmart.sql_string(name) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
            )
            {%- endif %}
    )),
    lambda name: {
        'name': {{ shown_name('name') }},
        'kind': {{ json_kind(json_field_named(text, 'name')) }},
        'shape': substring({{ mask_text(json_field_named(text, 'name')) }}, 1, 100)
    }
))
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
        ) as {{ logmart.unplanned_property_type() }})
    )
{%- endset -%}
{{ logmart.trino__once(logmart.trino__standard_json(text), 'object', body) }}
{%- endmacro %}


{#- The type of an item of unplanned_properties(). -#}
{% macro unplanned_property_type() -%}
{{ struct_type({'name': 'varchar', 'kind': 'varchar', 'shape': 'varchar'}) }}
{%- endmacro %}


{#
    Returns a list of warnings, `unplanned_property:<name>`, each once.

    in:  list: as unplanned_properties() returns it
#}
{% macro unplanned_warnings(list) -%}
    {{ return(adapter.dispatch('unplanned_warnings', 'logmart')(list)) }}
{%- endmacro %}

{% macro duckdb__unplanned_warnings(list) -%}
case
    when len({{ list }}) = 0 then {{ empty_list('varchar') }}
    else list_sort(list_distinct(
        list_transform({{ list }}, lambda item: 'unplanned_property:' || item.name)
    ))
end
{%- endmacro %}

{% macro trino__unplanned_warnings(list) -%}
array_sort(array_distinct(transform({{ list }}, item -> 'unplanned_property:' || item.name)))
{%- endmacro %}


{#
    The type of the column `judgement`. The column is null until empty_expired() empties the text of
    the row; from then on it holds what was found in the text.
#}
{% macro judgement_type() -%}
{{ struct_type({
    'violations': 'varchar[]',
    'warnings': 'varchar[]',
    'plan_hash': 'varchar',
    'masked_properties': 'varchar',
    'masked_line': 'varchar',
    'unplanned_properties': logmart.unplanned_property_type() ~ '[]',
}) }}
{%- endmacro %}

{#-
    The fields of judgement_type(), as expressions over `judged`, the relation that judged the rows.
-#}
{% macro judgement_fields(judged) -%}
    {%- set is_of_events = judged.identifier == 'int_judged_events' -%}
    {{ return({
        'violations': 'judged.violations',
        'warnings': 'judged.warnings' if is_of_events else empty_list('varchar'),
        'plan_hash': 'judged.plan_hash' if is_of_events else "''",
        'masked_properties': 'judged.masked_properties',
        'masked_line': 'judged.masked_line',
        'unplanned_properties': 'judged.unplanned_properties' if is_of_events
            else empty_list(logmart.unplanned_property_type()),
    }) }}
{%- endmacro %}


{#
    A statement that empties the text of rows that landed before a date, and stores in `judgement`
    what was found in their text.

    in:  base: the relation whose text is emptied; judged: the relation that judged its rows
         kept_from: an expression, the first landed date whose text is kept
#}
{% macro empty_expired(base, judged, kept_from) -%}
    {{ return(adapter.dispatch('empty_expired', 'logmart')(base, judged, kept_from)) }}
{%- endmacro %}

{% macro default__empty_expired(base, judged, kept_from) -%}
merge into {{ base }} as landed
using (
    {{ logmart.judged_rows_of_expired_dates(base, judged, kept_from) | indent }}
) as judged
on
    landed.landed_date = judged.landed_date
    and landed.landing_file = judged.landing_file
    and landed.line_number = judged.line_number
    and landed.landed_date < {{ kept_from }}
    and landed.judgement is null
when matched then update set
    properties = judged.properties,
    raw_line = null,
    judgement = cast(row(
        {{ logmart.judgement_fields(judged).values() | join(',\n        ') }}
    ) as {{ logmart.judgement_type() }})
{%- endmacro %}

{% macro duckdb__empty_expired(base, judged, kept_from) -%}
update {{ base }} as landed
set
    properties = judged.properties,
    raw_line = null,
    judgement = {
        {%- for name, value in logmart.judgement_fields(judged).items() %}
        '{{ name }}': {{ value }}{{ ',' if not loop.last }}
        {%- endfor %}
    }
from (
    {{ logmart.judged_rows_of_expired_dates(base, judged, kept_from) | indent }}
) as judged
where
    landed.landing_file = judged.landing_file
    and landed.line_number = judged.line_number
    and landed.landed_date < {{ kept_from }}
    and landed.judgement is null
{%- endmacro %}

{#- The judged rows of the landed dates that still have text to empty. -#}
{% macro judged_rows_of_expired_dates(base, judged, kept_from) -%}
select * from {{ judged }}
where
    landed_date in (
        select landed_date from {{ base }}
        where landed_date < {{ kept_from }} and judgement is null
    )
{%- endmacro %}
