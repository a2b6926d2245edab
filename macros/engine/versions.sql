{#
    A version's place in the order of versions, as text that sorts like it: 5.9.0 before 5.10.0.

    out: up to four numbers of at most eight digits, filled up with zeros; a leading v and what
         follows the numbers (-beta, +build, " (12)") are left aside. Null for text of another form.
#}
{% macro version_rank(text) -%}
    {{ return(adapter.dispatch('version_rank', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__version_rank(text) -%}
case
    when regexp_full_match({{ text }}, 'v?[0-9]{1,8}([.][0-9]{1,8}){0,3}([-+ ].*)?')
        then concat_ws(
            '.',
            {%- for place in range(4) %}
            lpad(
                regexp_extract({{ text }}, '^v?(?:[0-9]+[.]){ {{- place -}} }([0-9]+)', 1), 8, '0'
            ){{ ',' if not loop.last }}
            {%- endfor %}
        )
end
{%- endmacro %}
