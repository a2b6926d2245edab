{#
    How a table is laid out on the disk of the engine: what a model's config() adds.

    in:  day: a column of dates, or `day(column)` of one of moments; rows of one date are kept
             apart, so that a query of some dates, or a run that changes some, reads no others. A
             row that is replaced has the same date, or moment
         sorted_by: columns by which the rows of a date are in order
    out: a dict, empty on an engine that keeps statistics of all its rows as they come (DuckDB)
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
