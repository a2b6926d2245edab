{#
    Whether an id is a text that clients send when they have no id: one of the variable
    placeholder_ids.

    out: boolean, false for null
#}
{% macro is_placeholder_id(text) -%}
{%- if var('placeholder_ids') -%}
coalesce(lower({{ text }}) in (
    {%- for placeholder in var('placeholder_ids') -%}
    {{ logmart.sql_string(placeholder | lower) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
), false)
{%- else -%}
false
{%- endif -%}
{%- endmacro %}


{#
    Returns a text, masked where it contains the row's user_id or device_id of four characters or
    more.

    in:  text: an expression over `events` with user_id and device_id as they landed
         public_names: texts that are never masked, although they may contain such an id
#}
{% macro without_ids(text, public_names) -%}
case
    when
        (
            (length(events.user_id) >= 4 and {{ text_contains(text, 'events.user_id') }})
            or (length(events.device_id) >= 4 and {{ text_contains(text, 'events.device_id') }})
        )
        and {{ text }} not in (
            {%- for name in public_names -%}
            {{ logmart.sql_string(name) }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        )
        then {{ mask_text(text) }}
    else {{ text }}
end
{%- endmacro %}
