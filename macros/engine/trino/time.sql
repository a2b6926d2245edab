{% macro trino__utc_timestamp(text, time_zone) -%}
{#- Its parts as a cast knows them. What is beyond microseconds is left aside, as DuckDB does. -#}
{%- set clock = '\\A([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}:[0-9]{2})'
    ~ '(:[0-9]{2}(?:\\.[0-9]{1,6})?)?(?:(?<=\\.[0-9]{6})[0-9]{1,3})?' -%}
{%- set form = clock
    ~ '(Z|[+-](?:0[0-9]|1[0-3])(?::?[0-5][0-9])?|[+-]14(?::?00)?)\\z' -%}
case
    when regexp_like({{ text }}, '{{ form }}')
        then cast(
            try_cast(
                regexp_replace({{ text }}, '{{ form }}', '$1 $2$3 $4')
                as timestamp(6) with time zone
            ) at time zone 'UTC' as timestamp(6)
        )
    {%- if time_zone %}
    when regexp_like({{ text }}, '{{ clock }}\z')
        then cast(
            with_timezone(
                try_cast(regexp_replace({{ text }}, '{{ clock }}\z', '$1 $2$3') as timestamp(6)),
                '{{ time_zone }}'
            ) at time zone 'UTC' as timestamp(6)
        )
    {%- endif %}
end
{%- endmacro %}


{% macro trino__loader_date() -%}
cast(current_timestamp at time zone 'UTC' as date)
{%- endmacro %}


{% macro trino__business_date(utc_moment) -%}
cast(
    with_timezone({{ utc_moment }}, 'UTC') at time zone '{{ var("business_time_zone") }}' as date
)
{%- endmacro %}


{% macro trino__dates_between(first_date, last_date) -%}
case
    when cast({{ first_date }} as date) <= cast({{ last_date }} as date)
        then sequence(cast({{ first_date }} as date), cast({{ last_date }} as date))
end
{%- endmacro %}


{% macro trino__moment_text(moment) -%}
regexp_replace(cast(cast({{ moment }} as timestamp(6)) as varchar), '\.?0+\z', '')
{%- endmacro %}


{#- Its date_diff() drops what is below a millisecond before it counts. -#}
{% macro trino__elapsed(datepart, started_at, ended_at) -%}
{%- set microseconds = {'minute': 60000000, 'second': 1000000, 'millisecond': 1000} -%}
(
    {{ logmart.trino__epoch_microseconds(ended_at) }}
    - {{ logmart.trino__epoch_microseconds(started_at) }}
) / {{ microseconds[datepart] }}
{%- endmacro %}

{#- A double holds the seconds of a moment to less than a microsecond. -#}
{%- macro trino__epoch_microseconds(moment) -%}
cast(round(to_unixtime(with_timezone(cast({{ moment }} as timestamp(6)), 'UTC')) * 1e6) as bigint)
{%- endmacro -%}


{#- The cross-database macros of dbt as DuckDB has them: boundaries that lie between. -#}
{% macro trino__datediff(first_date, second_date, datepart) -%}
date_diff(
    '{{ datepart }}',
    date_trunc('{{ datepart }}', cast({{ first_date }} as timestamp(6))),
    date_trunc('{{ datepart }}', cast({{ second_date }} as timestamp(6)))
)
{%- endmacro %}


{% macro trino__dateadd(datepart, interval, from_date_or_timestamp) -%}
{%- if datepart in ['hour', 'minute', 'second', 'millisecond'] -%}
date_add('{{ datepart }}', {{ interval }}, cast({{ from_date_or_timestamp }} as timestamp(6)))
{%- else -%}
date_add('{{ datepart }}', {{ interval }}, {{ from_date_or_timestamp }})
{%- endif -%}
{%- endmacro %}
