{#- A statement of Trino stands alone: between a delete and an insert the rows would be gone. -#}
{% macro trino__restates_in_part() -%}
    {{ return(false) }}
{%- endmacro %}
