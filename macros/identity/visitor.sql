{#
    Who did something: the user where one is known, else the device, apart from any user's id; null
    where neither is.
#}
{% macro visitor(user_id, device_id) -%}
coalesce('user ' || {{ user_id }}, 'device ' || {{ device_id }})
{%- endmacro %}
