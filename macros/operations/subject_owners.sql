{#
    A query of the groups that own what a policy can name, as the project's YAML says.

    out: subject_kind (model, source or exposure), subject, owner. A source belongs to the group of
         the ledger of its files, an exposure to the group with the same owner.
#}
{% macro subject_owners() -%}
    {%- set rows = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() if node.config.group -%}
            {%- if node.resource_type == 'model' -%}
                {%- do rows.append(('model', node.name, node.config.group)) -%}
            {%- endif -%}
            {%- set parts = node.name.split('__') -%}
            {%- if parts[0][:5] == 'base_' and parts[1:] == ['files'] -%}
                {%- do rows.append(('source', parts[0][5:], node.config.group)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for exposure in graph.exposures.values() -%}
            {%- for group in graph.groups.values() if group.owner.name == exposure.owner.name -%}
                {%- do rows.append(('exposure', exposure.name, group.name)) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
select owners.*
from (
    values
    {%- for row in rows | sort %}
    ('{{ row[0] }}', '{{ row[1] }}', '{{ row[2] }}'){{ ',' if not loop.last }}
    {%- else %}
    ('', '', '')
    {%- endfor %}
) as owners (subject_kind, subject, owner)
{%- endmacro %}
