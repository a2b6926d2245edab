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
