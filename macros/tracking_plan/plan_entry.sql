{#
    Returns the plan entry of an event model's YAML, validated: what its config.meta says of the
    event.

    in:  model; event: the name that the model's SQL gives
    out: dict of event_keys() without is_steady
    Raises a compiler error that names the model and the remedy.
#}
{% macro planned_event_entry(model, event) -%}
    {%- set where = 'model ' ~ model.name ~ ' (' ~ model.original_file_path ~ ')' -%}
    {%- set entry = model.config.meta -%}
    {%- if execute and entry.get('event') != event -%}
        {{ exceptions.raise_compiler_error(
            where ~ " makes the event '" ~ event ~ "' but its YAML says config.meta.event: "
            ~ (entry.get('event') or 'nothing') ~ '. Give both the same name.'
        ) }}
    {%- endif -%}
    {%- set keys = logmart.event_keys() -%}
    {%- for key in entry if key not in keys and key not in logmart.keys_of_others() -%}
        {{ exceptions.raise_compiler_error(
            where ~ ": '" ~ key ~ "' is nothing that the tracking plan says of an event. It says "
            ~ keys | join(', ') ~ '.'
        ) }}
    {%- endfor -%}
    {%- set values = logmart.plan_values(entry, keys, where) -%}
    {#- A change of is_steady is no reason to judge events again. -#}
    {%- do values.pop('is_steady') -%}
    {{ return(values) }}
{%- endmacro %}


{#
    Returns the properties of an event model's YAML, validated.

    in:  model
    out: list of dicts: column, data_type, is_direct_identifier, and property_keys() without
         personal_data
    Raises a compiler error that names the model, the column and the remedy.
#}
{% macro planned_properties(model) -%}
    {%- set properties = [] -%}
    {%- set keys = logmart.property_keys() -%}
    {%- for column in model.columns.values() if column.meta.get('property') -%}
        {%- set entry = column.meta -%}
        {%- set where = 'model ' ~ model.name ~ ' (' ~ model.original_file_path ~ '), column '
            ~ column.name -%}
        {%- for key in entry if key not in keys and key not in logmart.keys_of_others() -%}
            {{ exceptions.raise_compiler_error(
                where ~ ": '" ~ key ~ "' is no rule of a property. The rules are "
                ~ (keys | list)[1:] | join(', ') ~ '.'
            ) }}
        {%- endfor -%}
        {%- if column.data_type not in logmart.property_types() -%}
            {{ exceptions.raise_compiler_error(
                where ~ ": data_type '" ~ column.data_type
                ~ "' is no type of a property. The types are "
                ~ logmart.property_types() | join(', ') ~ '.'
            ) }}
        {%- endif -%}
        {%- set values = logmart.plan_values(entry, keys, where) -%}
        {%- set classes = var('personal_data_classes') + ['none'] -%}
        {%- set class = values.pop('personal_data') -%}
        {%- if class not in classes -%}
            {{ exceptions.raise_compiler_error(
                where ~ ": personal_data '" ~ class
                ~ "' is no class of personal data. The classes are " ~ classes | join(', ')
                ~ ' (variable personal_data_classes).'
            ) }}
        {%- endif -%}
        {%- set is_direct_identifier = class == 'DirectIdentifier' -%}
        {%- if is_direct_identifier and column.data_type != 'varchar' -%}
            {{ exceptions.raise_compiler_error(
                where ~ ": a direct identifier becomes a keyed hash, a text, but data_type is '"
                ~ column.data_type ~ "'. Plan it as varchar, or give it another class."
            ) }}
        {%- endif -%}
        {%- do values.update({
            'column': column.name,
            'data_type': column.data_type,
            'is_direct_identifier': is_direct_identifier,
        }) -%}
        {%- do properties.append(values) -%}
    {%- endfor -%}
    {{ return(properties) }}
{%- endmacro %}


{#-
    The keys of an event's entry and their defaults. A test compares them with the grammar of
    logmart/plan/grammar.py.
-#}
{%- macro event_keys() -%}
    {{ return({
        'event': none, 'since': none, 'until': none, 'deprecated': none,
        'is_activity': true, 'is_steady': true,
    }) }}
{%- endmacro -%}


{#- The value of each key: what the entry says, validated, else the default. -#}
{% macro plan_values(entry, keys, where) -%}
    {%- set values = {} -%}
    {%- for key, default in keys.items() -%}
        {%- do values.update({key: entry.get(key, default)}) -%}
    {%- endfor -%}
    {%- do logmart.checked_version(entry, 'since', where) -%}
    {%- do logmart.checked_version(entry, 'until', where) -%}
    {%- do values.update({'deprecated': logmart.checked_deprecation(entry, where)}) -%}
    {{ return(values) }}
{%- endmacro %}


{%- macro property_types() -%}
    {{ return(['varchar', 'bigint', 'double', 'boolean', 'timestamp', 'date']) }}
{%- endmacro -%}


{#- The keys that the catalog sync reads in the meta of any model or column. -#}
{%- macro keys_of_others() -%}
    {{ return(['openmetadata', 'previous_name', 'owner']) }}
{%- endmacro -%}


{#- Returns since or until of an entry, validated: a version, or a version for each platform. -#}
{% macro checked_version(entry, key, where) -%}
    {%- set given = entry.get(key) -%}
    {%- set versions = given.values() if given is mapping else [given] if given is not none else []
    -%}
    {%- for version in versions if version is not string or not logmart.rank_of_version(version) -%}
        {{ exceptions.raise_compiler_error(
            where ~ ': ' ~ key ~ " '" ~ version ~ "' is no version. Write one in quotes, such as"
            ~ ' "5.2.0", or one a platform: {ios: "5.2.0", android: "5.3.0"}.'
        ) }}
    {%- endfor -%}
    {{ return(given) }}
{%- endmacro %}


{#-
    Returns deprecated of an entry, validated: the version or date since which it is deprecated, and
    what to use instead.
-#}
{% macro checked_deprecation(entry, where) -%}
    {%- set given = entry.get('deprecated') -%}
    {%- if given is not none -%}
        {%- set remedy = where ~ ': deprecated says since which version or on which date, and what '
            ~ 'to use instead: {since: "5.4.0", use: transfer_sent} or'
            ~ ' {date: "2026-05-01", use: ...}.' -%}
        {%- if given is not mapping or not given.get('use') or not (
            given.get('since') or given.get('date')
        ) -%}
            {{ exceptions.raise_compiler_error(remedy) }}
        {%- endif -%}
        {%- for key in given if key not in ['since', 'date', 'use'] -%}
            {{ exceptions.raise_compiler_error(remedy ~ " It knows no '" ~ key ~ "'.") }}
        {%- endfor -%}
        {%- do logmart.checked_version(given, 'since', where ~ ', deprecated') -%}
        {%- if given.get('date') and not modules.re.fullmatch(
            '[0-9]{4}-[0-9]{2}-[0-9]{2}', given.date | string
        ) -%}
            {{ exceptions.raise_compiler_error(remedy ~ " '" ~ given.date ~ "' is no date.") }}
        {%- endif -%}
        {{ return({
            'since': given.get('since'),
            'date': given.date | string if given.get('date') else none,
            'use': given.use,
        }) }}
    {%- endif -%}
    {{ return(none) }}
{%- endmacro %}
