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
