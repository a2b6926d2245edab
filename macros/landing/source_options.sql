{#
    Returns an option of a source: a key of config.meta of its table `events` in
    _<source>__sources.yml; none where it is not set, and while dbt parses. The options:

        format           how a landed file is read: json (the default, one line a row), csv or
                         columns (Parquet); see logmart/landed/table_files.py
        typed_as_text    numbers, booleans and times may be texts, as in a CSV file
        time_zone        the time zone of a planned timestamp without an offset
        history_until    events of files that landed up to this date are history: none is too_late,
                         and one without received_at counts as received when it occurred
        key              `content`: an event without an id is keyed by its content, for exports that
                         repeat earlier rows (content_key()); else by its file and line
        session_property the property that holds the tracker's own session id
        names_as_sent    the names of the events are the sender's and in no style of the house
#}
{% macro source_option(source_name, key) -%}
    {%- for node in graph.get('sources', {}).values()
        if node.package_name == 'logmart' and node.source_name == source_name
        and node.name == 'events' -%}
        {{ return((node.config.meta or {}).get(key)) }}
    {%- endfor -%}
{%- endmacro %}


{#- The options of a source that decide verdicts: dict of those that are set. -#}
{% macro deciding_options(source_name) -%}
    {%- set options = {} -%}
    {%- for key in ['typed_as_text', 'time_zone', 'history_until'] -%}
        {%- set value = logmart.source_option(source_name, key) -%}
        {%- if value -%}
            {%- do options.update({key: value | string}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(options) }}
{%- endmacro %}


{#- Whether a row of a landed date is history, as a condition; false where none is declared. -#}
{% macro is_history(source_name, landed_date) -%}
{%- set until = logmart.source_option(source_name, 'history_until') -%}
{{ landed_date ~ " <= date '" ~ until ~ "'" if until else 'false' }}
{%- endmacro %}
