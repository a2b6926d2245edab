{#
    The channel of a session, by the first rule of the seed channel_groups whose patterns all match;
    Unassigned where none does. Null parts match no pattern.

    in:  traffic_source, traffic_medium, referrer_host: expressions, texts or null
    out: an expression: text
#}
{% macro channel_of(traffic_source, traffic_medium, referrer_host) -%}
{%- set numbers = logmart.seed_values(ref('channel_groups'), 'rule_number') -%}
{%- set rules = run_query(
    'select channel, source_pattern, medium_pattern, referrer_pattern from '
    ~ ref('channel_groups') ~ ' order by rule_number'
).rows if numbers else [] -%}
case
    {%- for channel, source_pattern, medium_pattern, referrer_pattern in rules %}
    {%- set conditions = [] %}
    {%- for text, pattern in [
        (traffic_source, source_pattern), (traffic_medium, medium_pattern),
        (referrer_host, referrer_pattern),
    ] if pattern %}
        {%- do conditions.append(text_matches(text, '(?i)' ~ pattern)) %}
    {%- endfor %}
    when {{ conditions | join(' and ') or 'true' }} then {{ logmart.sql_string(channel) }}
    {%- endfor %}
    {{- '\n    when false then null' if not rules }}
    else 'Unassigned'
end
{%- endmacro %}
