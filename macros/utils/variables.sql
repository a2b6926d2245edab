{#
    Returns the variables of dbt_project.yml that decide rows. Where one of them changes, the rows
    that depend on it are outdated.

    in:  result: `verdicts` (of events), `sessions` (and what is restated with them) or `metrics`
    out: dict of name and value, in an order that stored hashes depend on
#}
{% macro deciding_variables(result) -%}
    {%- set results = {
        'horizon_days': ['verdicts', 'sessions', 'metrics'],
        'future_tolerance_minutes': ['verdicts', 'metrics'],
        'late_after_hours': ['verdicts', 'metrics'],
        'business_time_zone': ['verdicts', 'sessions', 'metrics'],
        'session_timeout_minutes': ['sessions', 'metrics'],
        'conversion_window_hours': ['metrics'],
        'churn_after_days': ['metrics'],
        'placeholder_ids': ['metrics'],
        'bot_user_agent_pattern': ['metrics'],
    } -%}
    {%- set values = {} -%}
    {%- for name, decided in results.items() if result in decided -%}
        {%- do values.update({name: var(name)}) -%}
    {%- endfor -%}
    {{ return(values) }}
{%- endmacro %}


{#
    Returns the systems whose records this build loads, and the entities of each: those of the
    variable record_sources where `app` is in sources, because their records are joined to its
    events, and `operations`, whose records are joined to nothing.
#}
{% macro record_entities() -%}
    {%- set entities = dict(var('record_sources') if 'app' in var('sources') else {}) -%}
    {%- if var('operations_records') -%}
        {%- do entities.update({'operations': var('operations_records')}) -%}
    {%- endif -%}
    {{ return(entities) }}
{%- endmacro %}


{#
    Whether this build loads the records of a system (record_entities()). It enables the models and
    marts of these records.
#}
{% macro has_records_of(source_name) -%}
    {{ return(source_name in logmart.record_entities()) }}
{%- endmacro %}


{#- Raises a compiler error where a list of dbt_project.yml contains a name twice. -#}
{% macro check_listed_once(where, names) -%}
    {%- for name in names | unique if names | select('equalto', name) | list | length > 1 -%}
        {{ exceptions.raise_compiler_error(
            where ~ ' of dbt_project.yml lists ' ~ name ~ ' twice, and each of its rows would'
            ~ ' count as often: leave it there once.'
        ) }}
    {%- endfor -%}
{%- endmacro %}
