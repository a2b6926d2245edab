{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['landing_file', 'line_number'],
    on_schema_change='append_new_columns',
    pre_hook='{{ forget_restatements() }}',
    post_hook='{{ record_restatement() }}',
    meta={'is_restated': true},
    **partitioned_by('landed_date', sorted_by=['event_name']),
) }}
-- depends_on: {{ ref('int_restated_models') }}

{#
    An incremental run takes what was loaded since, and every event whose entry in the plan is not
    the one it was judged by. It asks first how far it has come and which entries those are: what is
    written out in a filter is looked for where it may be, and the rest is not read.
#}
{%- set loaded = judged_loads() -%}
{%- set outdated = outdated_events() %}

{# One union of hundreds of views takes many times as long to plan as a union of small ones. #}
with judged_events as (
    {%- for few in event_models() | batch(18) %}
    select * from (
        {%- for source_name, event_model in few %}
        select {{ judged_event_columns() | join(', ') }}
        from {{ ref(event_model) }}
        {%- if is_incremental() %}
        where
            load_number > {{ loaded.get(source_name, 0) }}
            {%- if event_model in outdated %}
            or plan_hash not in (select plan_hash from {{ this }})
            {%- endif %}
        {%- endif %}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as events_{{ loop.index }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select
    *,
    case
        when {{ list_contains('violations', "'erased'") }} then 'erased'
        when is_duplicate then 'duplicate'
        when is_valid then 'valid'
        else 'rejected'
    end as outcome,
    {{ business_date('occurred_at') }} as event_date,
    {{ business_date('received_at') }} as received_date,
    {% if is_incremental() -%}
    (select coalesce(max(restatement_number), 0) + 1 from {{ this }}) as restatement_number
    {%- else -%}
    cast(1 as bigint) as restatement_number
    {%- endif %}
from judged_events
