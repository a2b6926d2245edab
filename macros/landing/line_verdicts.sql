{#
    What makes a landed line too long to be read: more bytes than this (LONGEST_LINE_BYTES of
    logmart/landed/text_files.py, which gives back no more of one than tells so).
#}
{% macro is_too_long(line) -%}
{{ byte_count(line) }} > 16777216
{%- endmacro %}


{#
    Whether a landed line holds U+FFFD: it stands where bytes were not UTF-8, whoever read them.
#}
{% macro holds_replaced_bytes(line) -%}
{{ text_contains(line, 'chr(65533)') }}
{%- endmacro %}


{#
    The text that is kept of a line with violations: the beginning of one that is too long.
#}
{% macro kept_line(line) -%}
case when {{ logmart.is_too_long(line) }} then substring({{ line }}, 1, 1000) else {{ line }} end
{%- endmacro %}


{#
    Whether a landed line is what an erasure put in its place (erased_line() of
    logmart/landed/identifiers.py): it bears a mark that is on the list of erased ids and that no
    sender knows.
#}
{% macro is_erased_line(line) -%}
coalesce({{ line }} in (
    select '{"logmart":"erased","mark":"' || marks.identifier_hash || '"}'
    from ({{ erased_ids() }}) as marks
    where marks.kind = 'mark'
), false)
{%- endmacro %}
