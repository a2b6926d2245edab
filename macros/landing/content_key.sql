{#
    The key of a row by its content: the row that a later file repeats has the same key. Rows of one
    file that are equal are different events, so the key has the number of the copy in its file.

    in:  reads landing_file, line_number and line
    out: an expression: text
#}
{% macro content_key() -%}
{{ keyed_hash('line') }} || ':' || cast(
    row_number() over (partition by landing_file, line order by line_number) as varchar
)
{%- endmacro %}


{#- The sender's id of a row, else content_key(). -#}
{% macro event_key() -%}
coalesce(nullif(event_id, ''), {{ logmart.content_key() }})
{%- endmacro %}
