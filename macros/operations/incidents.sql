{#
    Whether a name is in a list of names.

    in:  names: an expression, text with a separator between names; null holds none
         name: an expression
#}
{% macro holds_name(names, name, separator=',') -%}
strpos(
    '{{ separator }}' || coalesce({{ names }}, '') || '{{ separator }}',
    '{{ separator }}' || {{ name }} || '{{ separator }}'
) > 0
{%- endmacro %}


{#- The rank of a severity, the worst last: info, warning, critical. -#}
{% macro severity_rank(severity) -%}
case {{ severity }} when 'critical' then 2 when 'warning' then 1 else 0 end
{%- endmacro %}


{#- The severity of a rank. -#}
{% macro severity_of_rank(rank) -%}
case {{ rank }} when 2 then 'critical' when 1 then 'warning' else 'info' end
{%- endmacro %}


{#- Whether a task is that of a row with `task` and `ancestors`, or above it in the pipeline. -#}
{% macro is_task_or_ancestor(row, task) -%}
(
    {{ row }}.task = {{ task }}
    or {{ holds_name(row ~ '.ancestors', task, ' ') | indent }}
)
{%- endmacro %}


{#- An expression of text without some texts in it. -#}
{% macro without_texts(expression, texts) -%}
    {%- set shortened = [expression] -%}
    {%- for text in texts -%}
        {%- do shortened.append("replace(" ~ shortened[-1] ~ ", '" ~ text ~ "', '')") -%}
    {%- endfor -%}
    {{ return(shortened[-1]) }}
{%- endmacro %}
