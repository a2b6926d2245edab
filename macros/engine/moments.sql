{#
    Returns the UTC timestamp of a text that is a number since 1970 in UTC; null for another text.

    in:  form: epoch_seconds, epoch_milliseconds or epoch_microseconds
#}
{% macro moment_of_epoch(text, form) -%}
    {{ return(adapter.dispatch('moment_of_epoch', 'logmart')(text, form)) }}
{%- endmacro %}

{% macro duckdb__moment_of_epoch(text, form) -%}
{%- set factors = {
    'epoch_seconds': '1000000.0', 'epoch_milliseconds': '1000.0', 'epoch_microseconds': '1.0',
} -%}
case
    when {{ matches_fully(text, '-?[0-9]{1,16}([.][0-9]*)?') }}
        then make_timestamp(
            cast(round(cast({{ text }} as decimal(38, 6)) * {{ factors[form] }}) as bigint)
        )
end
{%- endmacro %}

{% macro trino__moment_of_epoch(text, form) -%}
{%- set divisors = {
    'epoch_seconds': '1', 'epoch_milliseconds': '1000', 'epoch_microseconds': '1000000',
} -%}
case
    when {{ matches_fully(text, '-?[0-9]{1,16}([.][0-9]*)?') }}
        then cast(
            from_unixtime(cast({{ text }} as double) / {{ divisors[form] }}, 'UTC') as timestamp(6)
        )
end
{%- endmacro %}


{#
    Parses a text of a given form into a UTC timestamp; null for a text of another form.

    in:  form: a pattern of the directives %Y %m %d %b %H %I %M %S %p %z
         time_zone: the time zone of texts without an offset
#}
{% macro moment_of_form(text, form, time_zone='UTC') -%}
    {{ return(adapter.dispatch('moment_of_form', 'logmart')(text, form, time_zone)) }}
{%- endmacro %}

{% macro duckdb__moment_of_form(text, form, time_zone) -%}
{%- if '%z' in form -%}
make_timestamp(epoch_us(try_strptime({{ text }}, {{ logmart.sql_string(form) }})))
{%- else -%}
make_timestamp(epoch_us(
    try_strptime({{ text }}, {{ logmart.sql_string(form) }}) at time zone '{{ time_zone }}'
))
{%- endif -%}
{%- endmacro %}

{#- parse_datetime() takes the letters of Joda's DateTimeFormat. -#}
{% macro trino__moment_of_form(text, form, time_zone) -%}
{%- set letters = {
    '%Y': 'yyyy', '%m': 'MM', '%d': 'dd', '%b': 'MMM', '%H': 'HH', '%I': 'hh', '%M': 'mm',
    '%S': 'ss', '%p': 'a', '%z': 'Z',
} -%}
{%- set joda = namespace(form=form | replace('T', "'T'")) -%}
{%- for directive, letter in letters.items() -%}
    {%- set joda.form = joda.form | replace(directive, letter) -%}
{%- endfor -%}
{%- set parsed = 'try(parse_datetime(' ~ text ~ ', ' ~ logmart.sql_string(joda.form) ~ '))' -%}
cast(
    {{ parsed if '%z' in form
        else 'with_timezone(cast(' ~ parsed ~ " as timestamp(6)), '" ~ time_zone ~ "')" }}
    at time zone 'UTC' as timestamp(6)
)
{%- endmacro %}
