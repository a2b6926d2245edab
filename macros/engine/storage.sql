{#
    The config() of a model's storage: its table is partitioned by day and sorted within a day. A
    query or run that needs some days then reads only those.

    in:  day: a column of dates, or `day(column)` of a column of timestamps. A row that replaces
         another must have the same day.
         sorted_by: columns that rows of one day are sorted by
    out: a dict; empty on an engine that keeps statistics of row groups (DuckDB)
#}
{% macro partitioned_by(day, sorted_by=[]) -%}
    {{ return(adapter.dispatch('partitioned_by', 'logmart')(day, sorted_by)) }}
{%- endmacro %}

{% macro default__partitioned_by(day, sorted_by) -%}
    {{ return({}) }}
{%- endmacro %}

{% macro trino__partitioned_by(day, sorted_by) -%}
    {%- set properties = {'partitioning': "array['" ~ day ~ "']"} -%}
    {%- if sorted_by -%}
        {%- do properties.update({'sorted_by': "array['" ~ sorted_by | join("', '") ~ "']"}) -%}
    {%- endif -%}
    {{ return({'properties': properties}) }}
{%- endmacro %}
