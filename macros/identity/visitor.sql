{#
    Returns who did something: the user where known, else the device, null where neither is known.
    The prefix keeps a device's id apart from a user's.
#}
{% macro visitor(user_id, device_id) -%}
coalesce('user ' || {{ user_id }}, 'device ' || {{ device_id }})
{%- endmacro %}
