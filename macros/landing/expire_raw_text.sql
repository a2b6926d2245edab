{#
    A hook at the end of a run (on-run-end). It empties the text in the schema `restricted` that
    landed more than raw_text_retention_days before now; now follows what the text's own source
    landed last. The row keeps what was found in the text in `judgement`, and the planned part of
    the text in `properties`, so that typed columns and violations do not change. The statement
    itself is empty_expired() in engine/judgements.sql.

    out: statements; none where the variable is null or the run built nothing
#}
{% macro expire_raw_text() -%}
    {%- if execute and var('raw_text_retention_days') is not none
        and flags.WHICH in ['run', 'build'] -%}
        {%- set statements = [] -%}
        {%- set sources = logmart.built_bases() -%}
        {%- for each in sources if each.judged -%}
            {%- set kept_from = 'cast((' ~ logmart.retention_end(each.ledger) ~ ') as date)' -%}
            {%- do statements.append(logmart.empty_expired(each.base, each.judged, kept_from)) -%}
        {%- endfor -%}
        {{ return(statements | join(';\n')) }}
    {%- endif -%}
{%- endmacro %}


{#-
    The base tables that exist: dicts of base, ledger and judged, the relation that judged the rows.
-#}
{% macro built_bases() -%}
    {%- set entries = [] -%}
    {%- for source_name in var('sources') -%}
        {%- do entries.append((source_name, 'events', 'int_judged_events')) -%}
    {%- endfor -%}
    {%- for source_name, entities in logmart.record_entities().items() -%}
        {%- for entity in entities -%}
            {%- do entries.append((source_name, entity, 'stg_' ~ source_name ~ '__' ~ entity)) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set bases = [] -%}
    {%- for source_name, entity, judge in entries -%}
        {%- set base = logmart.built('base_' ~ source_name ~ '__' ~ entity) -%}
        {%- set ledger = logmart.built('base_' ~ source_name ~ '__files') -%}
        {%- if base and ledger -%}
            {%- do bases.append({
                'base': base, 'ledger': ledger, 'judged': logmart.built(judge),
                'is_of_events': entity == 'events',
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(bases) }}
{%- endmacro %}


{#- The first landed date whose text is kept. It follows the last landed date of the source. -#}
{% macro retention_end(ledger) -%}
select
    {{ now("cast(max(landed_date) + interval '1' day as timestamp)") }}
    - interval '{{ var("raw_text_retention_days") }}' day
from {{ ledger }}
{%- endmacro %}
