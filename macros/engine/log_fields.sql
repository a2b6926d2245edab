{#
    Reads the text of a field that lies in an object of a line.

    in:  fields: a struct that json_fields() returned, whose field path[0] was read as json where
         the path has several names, else as varchar
         path: the names from the outermost object to the field
#}
{% macro text_in(fields, path) -%}
{%- set value = namespace(text=json_field(fields, path[0])) -%}
{%- if path | length > 1 -%}
    {%- set value.text = json_text(value.text) -%}
{%- endif -%}
{%- for name in path[1:] -%}
    {%- set value.text = json_text_at(value.text, logmart.sql_string(name)) -%}
{%- endfor -%}
{{ value.text }}
{%- endmacro %}


{#
    Parses a text into a UTC timestamp; null for a text of another form.

    in:  form: iso (ISO 8601), iso_utc (the same with ` UTC` for its offset), epoch_seconds,
               epoch_milliseconds, epoch_microseconds or a pattern as
         moment_of_form() takes it
         time_zone: the time zone of texts without an offset
#}
{% macro moment(text, form, time_zone) -%}
{%- if form == 'iso' -%}
{{ utc_timestamp(text, time_zone) }}
{%- elif form == 'iso_utc' -%}
{{ utc_timestamp("replace(" ~ text ~ ", ' UTC', 'Z')") }}
{%- elif form.startswith('epoch_') -%}
{{ moment_of_epoch(text, form) }}
{%- else -%}
{{ moment_of_form(text, form, time_zone) }}
{%- endif -%}
{%- endmacro %}
