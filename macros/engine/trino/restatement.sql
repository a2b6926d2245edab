{#-
    A statement of Trino stands for itself: between a delete and an insert the rows would be gone.
-#}
{% macro trino__restates_in_part() -%}
    {{ return(false) }}
{%- endmacro %}
