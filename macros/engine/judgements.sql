{#
    What tells an unplanned property and nothing of its value: a list of structs of name (as
    shown_name() gives it), kind (json_kind()) and shape (mask_text() of the value's JSON), in order
    of the alphabet.

    in:  text: the JSON text of an object; planned: the names of the properties that are planned
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
        ) as row(name varchar, kind varchar, shape varchar))
    )
{%- endset -%}
{{ logmart.trino__once(logmart.trino__standard_json(text), 'object', body) }}
{%- endmacro %}


{#
    A list of none of what unplanned_properties() gives.
#}
{% macro no_unplanned_properties() -%}
    {{ return(adapter.dispatch('no_unplanned_properties', 'logmart')()) }}
{%- endmacro %}

{% macro duckdb__no_unplanned_properties() -%}
cast([] as {{ logmart.unplanned_properties_type() }})
{%- endmacro %}

{% macro trino__no_unplanned_properties() -%}
cast(array[] as array(row(name varchar, kind varchar, shape varchar)))
{%- endmacro %}


{%- macro unplanned_properties_type() -%}
struct(name varchar, kind varchar, shape varchar)[]
{%- endmacro -%}


{#
    The warnings that a list of unplanned properties is: unplanned_property:x, each once.
#}
{% macro unplanned_warnings(list) -%}
    {{ return(adapter.dispatch('unplanned_warnings', 'logmart')(list)) }}
{%- endmacro %}

{% macro duckdb__unplanned_warnings(list) -%}
case
    when len({{ list }}) = 0 then cast([] as varchar[])
    else list_sort(list_distinct(
        list_transform({{ list }}, lambda item: 'unplanned_property:' || item.name)
    ))
end
{%- endmacro %}

{% macro trino__unplanned_warnings(list) -%}
array_sort(array_distinct(transform({{ list }}, item -> 'unplanned_property:' || item.name)))
{%- endmacro %}


{#
    What was found when a landed text was read, kept when the text is emptied: none yet.

    out: null, a struct of violations, warnings, plan_hash, masked_properties, masked_line and
         unplanned_properties
#}
{% macro no_judgement() -%}
    {{ return(adapter.dispatch('no_judgement', 'logmart')()) }}
{%- endmacro %}

{% macro duckdb__no_judgement() -%}
cast(null as struct(
    violations varchar[],
    warnings varchar[],
    plan_hash varchar,
    masked_properties varchar,
    masked_line varchar,
    unplanned_properties {{ logmart.unplanned_properties_type() }}
))
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


{#
    The statement that empties expired text.

    in:  base, judged: relations; expired: a condition on the rows of base
#}
{% macro empty_expired(base, judged, expired) -%}
    {{ return(adapter.dispatch('empty_expired', 'logmart')(base, judged, expired)) }}
{%- endmacro %}

{% macro duckdb__empty_expired(base, judged, expired) -%}
{%- set is_of_events = judged.identifier == 'int_judged_events' -%}
update {{ base }} as landed
set
    properties = judged.properties,
    raw_line = null,
    judgement = {
        'violations': judged.violations,
        'warnings': {{ 'judged.warnings' if is_of_events else 'cast([] as varchar[])' }},
        'plan_hash': {{ 'judged.plan_hash' if is_of_events else "''" }},
        'masked_properties': judged.masked_properties,
        'masked_line': judged.masked_line,
        'unplanned_properties': {{ 'judged.unplanned_properties' if is_of_events
            else no_unplanned_properties() }}
    }
from (
    select * from {{ judged }}
    where landed_date in (select landed_date from {{ base }} where {{ expired }})
) as judged
where
    landed.landing_file = judged.landing_file
    and landed.line_number = judged.line_number
    and landed.{{ expired | replace(' and judgement', ' and landed.judgement') }}
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
