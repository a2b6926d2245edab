{#
    Parses text in ISO 8601 into a UTC timestamp: a date, T or a space, a time, and an offset from
    UTC of at most 14 hours: 2026-01-05T09:30:00.123+09:00, ...Z. A bare cast would take a text
    without an offset as UTC, and would drop an offset.

    in:  time_zone: the time zone of texts without an offset, such as 'Asia/Seoul'; none: such a
         text gives null. The engine decides about times that a change of clocks repeats or skips.
    out: timestamp in UTC; null for a text of another form and for a day that does not exist
#}
{% macro utc_timestamp(text, time_zone=none) -%}
    {{ return(adapter.dispatch('utc_timestamp', 'logmart')(text, time_zone)) }}
{%- endmacro %}

{% macro duckdb__utc_timestamp(text, time_zone) -%}
{%- set clock = '\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?' -%}
{%- set offset = '(Z|[+-](0\\d|1[0-3])(:?[0-5]\\d)?|[+-]14(:?00)?)' -%}
case
    when regexp_full_match({{ text }}, '{{ clock ~ offset }}')
        then make_timestamp(epoch_us(try_cast({{ text }} as timestamptz)))
    {%- if time_zone %}
    when regexp_full_match({{ text }}, '{{ clock }}')
        then make_timestamp(
            epoch_us(try_cast({{ text }} as timestamp) at time zone '{{ time_zone }}')
        )
    {%- endif %}
end
{%- endmacro %}

{% macro trino__utc_timestamp(text, time_zone) -%}
{#- The parts that a cast reads. Digits beyond microseconds are dropped, as in DuckDB. -#}
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


{#
    Returns the UTC date of the machine that runs the load. No model reads it: landed_files()
    refuses files by it before they are loaded, so that the tables depend on the landing zone alone.
#}
{% macro loader_date() -%}
    {{ return(adapter.dispatch('loader_date', 'logmart')()) }}
{%- endmacro %}

{% macro duckdb__loader_date() -%}
cast(now() at time zone 'UTC' as date)
{%- endmacro %}

{% macro trino__loader_date() -%}
cast(current_timestamp at time zone 'UTC' as date)
{%- endmacro %}


{#
    Returns the business date of a UTC timestamp: its date in the time zone of the variable
    business_time_zone.
#}
{% macro business_date(utc_moment) -%}
    {{ return(adapter.dispatch('business_date', 'logmart')(utc_moment)) }}
{%- endmacro %}

{% macro duckdb__business_date(utc_moment) -%}
cast(({{ utc_moment }} at time zone 'UTC') at time zone '{{ var("business_time_zone") }}' as date)
{%- endmacro %}

{% macro trino__business_date(utc_moment) -%}
cast(
    with_timezone({{ utc_moment }}, 'UTC') at time zone '{{ var("business_time_zone") }}' as date
)
{%- endmacro %}


{#
    Returns the clock time of a UTC timestamp in a time zone.

    in:  utc_moment, time_zone: expressions, so that each row may have a time zone of its own
    out: timestamp without a zone
#}
{% macro local_time(utc_moment, time_zone) -%}
    {{ return(adapter.dispatch('local_time', 'logmart')(utc_moment, time_zone)) }}
{%- endmacro %}

{% macro duckdb__local_time(utc_moment, time_zone) -%}
timezone({{ time_zone }}, timezone('UTC', {{ utc_moment }}))
{%- endmacro %}

{% macro trino__local_time(utc_moment, time_zone) -%}
cast(
    at_timezone(with_timezone(cast({{ utc_moment }} as timestamp(6)), 'UTC'), {{ time_zone }})
    as timestamp(6)
)
{%- endmacro %}


{#
    Returns the UTC timestamp of a clock time in a time zone. The engine decides about times that a
    change of clocks repeats or skips.

    in:  date, time (text, HH:MM), time_zone: expressions
#}
{% macro utc_of_local_time(date, time, time_zone) -%}
    {{ return(adapter.dispatch('utc_of_local_time', 'logmart')(
        "cast(cast(" ~ date ~ " as varchar) || ' ' || " ~ time ~ " || ':00' as timestamp)",
        time_zone
    )) }}
{%- endmacro %}

{% macro duckdb__utc_of_local_time(clock_time, time_zone) -%}
timezone('UTC', timezone({{ time_zone }}, {{ clock_time }}))
{%- endmacro %}

{% macro trino__utc_of_local_time(clock_time, time_zone) -%}
cast(
    at_timezone(with_timezone(cast({{ clock_time }} as timestamp(6)), {{ time_zone }}), 'UTC')
    as timestamp(6)
)
{%- endmacro %}


{#
    Returns the dates from the first to the last, both included, as a list for `cross join
    unnest(...)`. The list is null or empty where a date is null or the last is before the first.
#}
{% macro dates_between(first_date, last_date) -%}
    {{ return(adapter.dispatch('dates_between', 'logmart')(first_date, last_date)) }}
{%- endmacro %}

{% macro duckdb__dates_between(first_date, last_date) -%}
cast(generate_series({{ first_date }}, {{ last_date }}, interval '1' day) as date[])
{%- endmacro %}

{% macro trino__dates_between(first_date, last_date) -%}
case
    when cast({{ first_date }} as date) <= cast({{ last_date }} as date)
        then sequence(cast({{ first_date }} as date), cast({{ last_date }} as date))
end
{%- endmacro %}


{#
    Returns a UTC timestamp as text for a key: 2026-01-05 00:30:00.123, without trailing zeros of
    the fraction.
#}
{% macro moment_text(moment) -%}
    {{ return(adapter.dispatch('moment_text', 'logmart')(moment)) }}
{%- endmacro %}

{% macro default__moment_text(moment) -%}
cast({{ moment }} as varchar)
{%- endmacro %}

{% macro trino__moment_text(moment) -%}
regexp_replace(cast(cast({{ moment }} as timestamp(6)) as varchar), '\.?0+\z', '')
{%- endmacro %}


{#
    Returns the number of complete units between two timestamps: 1.2 seconds are 1 second. dbt's
    datediff() counts the boundaries between them instead; use that for dates.

    in:  datepart: minute, second or millisecond; two timestamps
    out: bigint; negative where the second timestamp is before the first, null where one is null
#}
{% macro elapsed(datepart, started_at, ended_at) -%}
    {{ return(adapter.dispatch('elapsed', 'logmart')(datepart, started_at, ended_at)) }}
{%- endmacro %}

{% macro duckdb__elapsed(datepart, started_at, ended_at) -%}
date_sub('{{ datepart }}', {{ started_at }}, {{ ended_at }})
{%- endmacro %}

{#- Trino's date_diff() drops what is below a millisecond before it counts. -#}
{% macro trino__elapsed(datepart, started_at, ended_at) -%}
{%- set microseconds = {'minute': 60000000, 'second': 1000000, 'millisecond': 1000} -%}
(
    {{ logmart.trino__epoch_microseconds(ended_at) }}
    - {{ logmart.trino__epoch_microseconds(started_at) }}
) / {{ microseconds[datepart] }}
{%- endmacro %}

{#- A double represents the seconds of a timestamp to less than a microsecond. -#}
{%- macro trino__epoch_microseconds(moment) -%}
cast(round(to_unixtime(with_timezone(cast({{ moment }} as timestamp(6)), 'UTC')) * 1e6) as bigint)
{%- endmacro -%}
