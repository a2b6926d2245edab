{#
    Returns the name of an event's model. A log's event names are kept as they are sent
    (`add-to-cart`, `Order Completed`); the model's name is their snake_case form
    (`stg_shop__order_completed`). event_models() of logmart/plan/event_names.py says the same.

    in:  source_name; event: a name of planned_events
    out: stg_<source>__<form of the name>. The later of two events with one form has a hash of its
         name at the end.
#}
{% macro event_model(source_name, event) -%}
    {%- set names = var('planned_events').get(source_name, []) -%}
    {%- set earlier = [] -%}
    {%- for each in names[:names.index(event) if event in names else 0] -%}
        {%- do earlier.append(logmart.event_form(each)) -%}
    {%- endfor -%}
    {%- set form = logmart.event_form(event) -%}
    {%- set end = '_' ~ local_md5(event)[:8] if form in earlier else '' -%}
    {{ return('stg_' ~ source_name ~ '__' ~ form ~ end) }}
{%- endmacro %}


{#-
    An event's name in snake_case: as it is where it is in snake_case. A hash of the name stands at
    its end where the name is long, or has letters that a model's name cannot have.
-#}
{%- macro event_form(event) -%}
    {%- if modules.re.fullmatch('[a-z][a-z0-9_]{0,59}', event) and event != 'unplanned_events' -%}
        {{ return(event) }}
    {%- endif -%}
    {%- set words = modules.re.sub('([a-z0-9])([A-Z])', '\\1_\\2', event) | lower -%}
    {%- set form = modules.re.sub('[^a-z0-9]+', '_', words).strip('_') -%}
    {%- if modules.re.fullmatch('[a-z][a-z0-9_]{0,59}', form) and form != 'unplanned_events'
        and modules.re.fullmatch('[ -~]+', event) -%}
        {{ return(form) }}
    {%- endif -%}
    {{ return(('event_' ~ form)[:50].strip('_') ~ '_' ~ local_md5(event)[:8]) }}
{%- endmacro -%}
