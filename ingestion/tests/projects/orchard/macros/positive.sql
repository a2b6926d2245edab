{% test positive(model, column_name, at_least) %}
select * from {{ model }} where {{ column_name }} < {{ at_least }}
{% endtest %}
