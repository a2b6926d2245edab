{#
    Whether the records of a system are joined to the events of the app: it is in the variable
    record_sources, and the app in sources. Models and marts of its records are enabled by this.
#}
{% macro has_records_of(source_name) -%}
    {{ return('app' in var('sources') and source_name in var('record_sources')) }}
{%- endmacro %}


{#- Raises a compiler error when a list of dbt_project.yml names something twice. -#}
{% macro check_listed_once(where, names) -%}
    {%- for name in names | unique if names | select('equalto', name) | list | length > 1 -%}
        {{ exceptions.raise_compiler_error(
            where ~ ' of dbt_project.yml lists ' ~ name ~ ' twice, and each of its rows would'
            ~ ' count as often: leave it there once.'
        ) }}
    {%- endfor -%}
{%- endmacro %}
