{#
    What is odd about an event without making it a bad one, as expressions that are null where there
    is nothing:

        before_since, after_until        its app version is outside the versions that the plan gives
        deprecated                       it is sent although the plan deprecates it
        before_since:x, after_until:x,   the same of a property that it carries
        deprecated:x

    in:  event_entry: since, until, deprecated of the event; properties of planned_properties()
    An app version that is absent or no version is outside of none.
#}
{% macro plan_warnings(event_entry, properties) -%}
    {%- set expressions = [] -%}
    {%- for entry in [event_entry] + properties -%}
        {%- set limits = logmart.version_limits(entry) + logmart.deprecations(entry) -%}
        {%- for limit in limits -%}
            {%- set condition = '(' ~ limit.condition ~ ')' -%}
            {%- if entry.property -%}
                {%- set value = json_field('property_values', entry.property) -%}
                {%- set condition = condition ~ ' and not ' ~ json_is_absent(value) -%}
            {%- endif -%}
            {%- do expressions.append(
                'case when ' ~ condition ~ ' then ' ~ logmart.code(limit.code, entry) ~ ' end'
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(expressions) }}
{%- endmacro %}


{#- The limits that since and until set: dicts of code and condition. -#}
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


{#- When an entry that is deprecated is sent nevertheless: none or one dict as version_limits(). -#}
{% macro deprecations(entry) -%}
    {%- set conditions = [] -%}
    {%- if entry.deprecated and entry.deprecated.since -%}
        {%- do conditions.append(logmart.version_condition('>=', entry.deprecated.since)) -%}
    {%- endif -%}
    {%- if entry.deprecated and entry.deprecated.date -%}
        {%- do conditions.append(
            "coalesce(" ~ business_date('occurred_at') ~ " >= cast("
            ~ logmart.sql_string(entry.deprecated.date) ~ " as date), false)"
        ) -%}
    {%- endif -%}
    {{ return(
        [{'code': 'deprecated', 'condition': conditions | join(' or ')}] if conditions else []
    ) }}
{%- endmacro %}


{#-
    Whether the app version compares so with a version of the plan, or with the one that the plan
    gives for the event's platform.
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


{#- What version_rank() gives for a version of the plan; none for text of another form. -#}
{% macro rank_of_version(version) -%}
    {%- if modules.re.fullmatch('[0-9]{1,8}([.][0-9]{1,8}){0,3}', version | string) -%}
        {%- set ranks = [] -%}
        {%- for part in ((version | string) ~ '.0.0.0').split('.')[:4] -%}
            {%- do ranks.append('%08d' | format(part | int)) -%}
        {%- endfor -%}
        {{ return(ranks | join('.')) }}
    {%- endif -%}
{%- endmacro %}
