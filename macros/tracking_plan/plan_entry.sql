{#
    The properties of an event model's YAML, checked.

    in:  model; event, the name its SQL gives
    out: list of dicts: column, data_type, property, required, allowed, min, max, pattern (none
         where the entry has none)
    Raises a compiler error that names the model, the column and what to write instead.
#}
{% macro planned_properties(model, event) -%}
    {%- set properties = [] -%}
    {%- set where = 'model ' ~ model.name ~ ' (' ~ model.original_file_path ~ ')' -%}
    {%- if execute and model.config.meta.get('event') != event -%}
        {{ exceptions.raise_compiler_error(
            where ~ " makes the event '" ~ event ~ "' but its YAML says config.meta.event: "
            ~ (model.config.meta.get('event') or 'nothing') ~ '. Give both the same name.'
        ) }}
    {%- endif -%}
    {%- for column in model.columns.values() if column.meta.get('property') -%}
        {%- set entry = column.meta -%}
        {%- set known = ['property', 'required', 'allowed', 'min', 'max', 'pattern'] -%}
        {%- for key in entry if key not in known -%}
            {{ exceptions.raise_compiler_error(
                where ~ ", column " ~ column.name ~ ": '" ~ key
                ~ "' is no rule of a property. The rules are " ~ known[1:] | join(', ') ~ '.'
            ) }}
        {%- endfor -%}
        {%- if column.data_type not in logmart.property_types() -%}
            {{ exceptions.raise_compiler_error(
                where ~ ", column " ~ column.name ~ ": data_type '" ~ column.data_type
                ~ "' is no type of a property. The types are "
                ~ logmart.property_types() | join(', ') ~ '.'
            ) }}
        {%- endif -%}
        {%- do properties.append({
            'column': column.name,
            'data_type': column.data_type,
            'property': entry.property,
            'required': entry.get('required', false),
            'allowed': entry.get('allowed'),
            'min': entry.get('min'),
            'max': entry.get('max'),
            'pattern': entry.get('pattern'),
        }) -%}
    {%- endfor -%}
    {{ return(properties) }}
{%- endmacro %}


{%- macro property_types() -%}
    {{ return(['varchar', 'bigint', 'double', 'boolean', 'timestamp', 'date']) }}
{%- endmacro -%}
