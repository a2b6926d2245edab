{# Fails on every row whose parts do not add up to the total; a null part or total fails too. #}
{% test parts_add_up_to(model, total, parts) %}
select
    {{ total }},
    {{ parts | join(', ') }}
from {{ model }}
where not coalesce({{ total }} = {{ parts | join(' + ') }}, false)
{% endtest %}
