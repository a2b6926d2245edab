{% macro trino__partitioned_by(day, sorted_by) -%}
    {%- set properties = {'partitioning': "array['" ~ day ~ "']"} -%}
    {%- if sorted_by -%}
        {%- do properties.update({'sorted_by': "array['" ~ sorted_by | join("', '") ~ "']"}) -%}
    {%- endif -%}
    {{ return({'properties': properties}) }}
{%- endmacro %}


{#- The columns that the model that runs is partitioned by: `day`, or the day of `day(moment)`. -#}
{% macro partition_columns() -%}
    {%- set partitioning = (config.get('properties') or {}).get('partitioning', '') -%}
    {{ return(modules.re.findall("'(?:day\\()?(\\w+)\\)?'", partitioning)) }}
{%- endmacro %}
