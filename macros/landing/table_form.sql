{#
    Returns the form of a source's files with columns, as JSON for the functions of
    logmart/landed/duckdb_plugin.py: its separator, and its columns where files have no header;
    none for a source of lines.
#}
{% macro table_form(source_name) -%}
    {%- if logmart.source_option(source_name, 'format') in ['csv', 'columns'] -%}
        {{ return(tojson({
            'delimiter': logmart.source_option(source_name, 'delimiter') or ',',
            'columns': logmart.source_option(source_name, 'columns') or [],
        }) | replace("'", "''")) }}
    {%- endif -%}
{%- endmacro %}


{#- The number of lines that a header takes in each file of a source. -#}
{% macro header_lines(source_name) -%}
    {{ return(
        1 if logmart.source_option(source_name, 'format') == 'csv'
        and not logmart.source_option(source_name, 'columns') else 0
    ) }}
{%- endmacro %}


{#
    A query of the files that a base table holds rows of: landing_file. A file of lines has a first
    line unless it is empty; the first row of a table may be on any line.
#}
{% macro loaded_files(source_name, base) -%}
{%- set is_table = logmart.table_form(source_name) -%}
select {{ 'distinct ' if is_table }}landing_file from {{ base }}
{%- if not is_table %} where line_number = 1{% endif %}
{%- endmacro %}
