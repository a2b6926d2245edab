{#-
    The conditions under which an app version is before since or after until: dicts of code,
    condition.
-#}
{% macro version_limits(entry) -%}
    {%- set limits = [] -%}
    {%- for code, operator, given in [
        ('before_since', '<', entry.since), ('after_until', '>', entry.until),
    ] if given -%}
        {%- do limits.append({
            'code': code, 'condition': logmart.version_condition(operator, given),
        }) -%}
    {%- endfor -%}
    {{ return(limits) }}
{%- endmacro %}


{#-
    A condition that compares the app version with a version of the plan, or with the version that
    the plan gives for the event's platform.
-#}
{% macro version_condition(operator, given) -%}
    {%- set conditions = [] -%}
    {%- for platform, version in (given if given is mapping else {none: given}).items() -%}
        {%- do conditions.append(
            ("platform = " ~ logmart.sql_string(platform) ~ " and " if platform else '')
            ~ "version_rank " ~ operator ~ " '" ~ logmart.rank_of_version(version) ~ "'"
        ) -%}
    {%- endfor -%}
    {{ return('coalesce(' ~ conditions | join(' or ') ~ ', false)') }}
{%- endmacro %}


{#- What version_rank() returns for a version of the plan; none for a text of another form. -#}
{% macro rank_of_version(version) -%}
    {%- if modules.re.fullmatch('[0-9]{1,8}([.][0-9]{1,8}){0,3}', version | string) -%}
        {%- set ranks = [] -%}
        {%- for part in ((version | string) ~ '.0.0.0').split('.')[:4] -%}
            {%- do ranks.append('%08d' | format(part | int)) -%}
        {%- endfor -%}
        {{ return(ranks | join('.')) }}
    {%- endif -%}
{%- endmacro %}
