{#
    Whether a landed line has too many bytes to be parsed. The limit is LONGEST_LINE_BYTES of
    logmart/landed/text_files.py; that reader returns of a longer line just enough for this test.
#}
{% macro is_too_long(line) -%}
{{ byte_count(line) }} > 16777216
{%- endmacro %}


{#
    Whether a landed line contains U+FFFD, with which every reader replaces bytes that are not
    UTF-8.
#}
{% macro holds_replaced_bytes(line) -%}
{{ text_contains(line, 'chr(65533)') }}
{%- endmacro %}


{#
    The text that a base model keeps of a line with violations. A line that is too long is cut.
#}
{% macro kept_line(line) -%}
case when {{ logmart.is_too_long(line) }} then substring({{ line }}, 1, 1000) else {{ line }} end
{%- endmacro %}


{#
    Whether a landed line is the replacement that an erasure wrote (erased_line() of
    logmart/landed/identifiers.py). Its mark is in the list of erased ids, and no sender can know
    it.
#}
{% macro is_erased_line(line) -%}
coalesce({{ line }} in (
    select '{"logmart":"erased","mark":"' || marks.identifier_hash || '"}'
    from ({{ erased_ids() }}) as marks
    where marks.kind = 'mark'
), false)
{%- endmacro %}
