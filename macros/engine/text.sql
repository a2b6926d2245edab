{#
    Whether the whole text matches a regular expression; null for null.
#}
{% macro matches_fully(text, pattern) -%}
    {{ return(adapter.dispatch('matches_fully', 'logmart')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches_fully(text, pattern) -%}
regexp_like({{ text }}, {{ logmart.sql_string('\\A(?:' ~ pattern ~ ')\\z') }})
{%- endmacro %}

{% macro duckdb__matches_fully(text, pattern) -%}
regexp_full_match({{ text }}, {{ logmart.sql_string(pattern) }})
{%- endmacro %}


{#
    Whether a part of the text matches a regular expression; null for null.
#}
{% macro text_matches(text, pattern) -%}
    {{ return(adapter.dispatch('text_matches', 'logmart')(text, pattern)) }}
{%- endmacro %}

{% macro default__text_matches(text, pattern) -%}
regexp_like({{ text }}, {{ logmart.sql_string(pattern) }})
{%- endmacro %}

{% macro duckdb__text_matches(text, pattern) -%}
regexp_matches({{ text }}, {{ logmart.sql_string(pattern) }})
{%- endmacro %}


{#
    Returns a text in which a replacement stands for every part that matches a regular expression;
    null for null.
#}
{% macro replace_matches(text, pattern, replacement) -%}
    {{ return(adapter.dispatch('replace_matches', 'logmart')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__replace_matches(text, pattern, replacement) -%}
regexp_replace(
    {{ text }}, {{ logmart.sql_string(pattern) }}, {{ logmart.sql_string(replacement) }}
)
{%- endmacro %}

{% macro duckdb__replace_matches(text, pattern, replacement) -%}
regexp_replace(
    {{ text }}, {{ logmart.sql_string(pattern) }}, {{ logmart.sql_string(replacement) }}, 'g'
)
{%- endmacro %}


{#
    Whether a text contains another, case-sensitive; null for null.
#}
{% macro text_contains(text, part) -%}
    {{ return(adapter.dispatch('text_contains', 'logmart')(text, part)) }}
{%- endmacro %}

{% macro default__text_contains(text, part) -%}
(strpos({{ text }}, {{ part }}) > 0)
{%- endmacro %}

{% macro duckdb__text_contains(text, part) -%}
contains({{ text }}, {{ part }})
{%- endmacro %}


{#
    Returns the parts of a text between separators, as a list.
#}
{% macro split_text(text, separator) -%}
    {{ return(adapter.dispatch('split_text', 'logmart')(text, separator)) }}
{%- endmacro %}

{% macro default__split_text(text, separator) -%}
split({{ text }}, {{ logmart.sql_string(separator) }})
{%- endmacro %}

{% macro duckdb__split_text(text, separator) -%}
string_split({{ text }}, {{ logmart.sql_string(separator) }})
{%- endmacro %}


{#
    Returns a text that sorts numbers (of up to 15 digits) by value: a-9 before a-10.
#}
{% macro natural_order(text) -%}
    {{ return(adapter.dispatch('natural_order', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__natural_order(text) -%}
regexp_replace(
    regexp_replace({{ text }}, '([0-9]+)', '000000000000000\1', 'g'),
    '[0-9]*([0-9]{15})', '\1', 'g'
)
{%- endmacro %}

{% macro trino__natural_order(text) -%}
regexp_replace(
    regexp_replace({{ text }}, '([0-9]+)', '000000000000000$1'), '[0-9]*([0-9]{15})', '$1'
)
{%- endmacro %}


{#
    Returns the number of bytes of a text in UTF-8.
#}
{% macro byte_count(text) -%}
    {{ return(adapter.dispatch('byte_count', 'logmart')(text)) }}
{%- endmacro %}

{% macro duckdb__byte_count(text) -%}
strlen({{ text }})
{%- endmacro %}

{% macro trino__byte_count(text) -%}
length(to_utf8({{ text }}))
{%- endmacro %}


{#
    Returns a text that sorts as versions do: 5.9.0 before 5.10.0.

    out: four numbers, each padded with zeros to eight digits; a missing number is 0. A leading v
         and what follows the numbers (-beta, +build, " (12)") do not count. Null for a text that is
         not a version of one to four numbers.
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

{% macro trino__version_rank(text) -%}
case
    when regexp_like({{ text }}, '\Av?[0-9]{1,8}([.][0-9]{1,8}){0,3}([-+ ].*)?\z')
        then array_join(
            transform(
                slice(
                    split(regexp_extract({{ text }}, '^v?([0-9.]+)', 1) || '.0.0.0', '.'), 1, 4
                ),
                part -> lpad(part, 8, '0')
            ),
            '.'
        )
end
{%- endmacro %}
