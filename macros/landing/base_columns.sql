{#- The canonical columns of an event, in their order. -#}
{% macro canonical_columns() -%}
    {{ return([
        'event_id', 'event_name', 'source', 'user_id', 'device_id', 'occurred_at', 'received_at',
        'landed_date', 'landing_file', 'line_number', 'platform', 'app_version', 'is_bot',
        'is_duplicate', 'properties',
    ]) }}
{%- endmacro %}


{#- The columns of a base model that describe how its lines were read. -#}
{% macro columns_of_lines() -%}
    {{ return(['line_violations', 'line_warnings', 'raw_line', 'judgement']) }}
{%- endmacro %}
