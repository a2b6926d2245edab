{#
    The parts of a text that a regular expression captures, as a struct of texts; null where the
    text does not match. A part that the text lacks is ''.

    in:  pattern: a regular expression with a group for each name; names: snake_case
#}
{% macro pattern_parts(text, pattern, names) -%}
    {{ return(adapter.dispatch('pattern_parts', 'logmart')(text, pattern, names)) }}
{%- endmacro %}

{% macro duckdb__pattern_parts(text, pattern, names) -%}
case
    when regexp_matches({{ text }}, {{ logmart.sql_string(pattern) }})
        then regexp_extract({{ text }}, {{ logmart.sql_string(pattern) }}, [
            {%- for name in names %}'{{ name }}'{{ ', ' if not loop.last }}{% endfor -%}
        ])
end
{%- endmacro %}

{% macro trino__pattern_parts(text, pattern, names) -%}
case
    when regexp_like({{ text }}, {{ logmart.sql_string(pattern) }})
        then cast(row(
            {%- for name in names %}
            coalesce(regexp_extract({{ text }}, {{ logmart.sql_string(pattern) }}, {{
                loop.index
            }}), ''){{ ',' if not loop.last }}
            {%- endfor %}
        ) as row({% for name in names %}{{ name }} varchar{{ ', ' if not loop.last }}{% endfor %}))
end
{%- endmacro %}
