{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['landing_file', 'line_number'],
    on_schema_change='append_new_columns',
    pre_hook='{{ reset_watermarks() }}',
    post_hook='{{ record_watermark() }}',
    meta={'is_restated': true},
    **partitioned_by('landed_date', sorted_by=['event_name']),
) }}
-- depends_on: {{ ref('int_restated_models') }}

{#
    An increment judges the batches that were loaded since, and again every event whose entry in the
    plan has changed. Which batches and entries those are is asked first and written into the
    filters as values: an engine skips the data that a constant rules out.
#}
{%- set batches = judged_batches() -%}
{%- set changed_models = models_with_changed_plan() %}

{# One union of hundreds of views takes many times as long to plan as a union of small ones. #}
with judged_events as (
    {%- for few in event_models() | batch(18) %}
    select * from (
        {%- for source_name, event_model in few %}
        select {{ judged_event_columns() | join(', ') }}
        from {{ ref(event_model) }}
        {%- if is_incremental() %}
        where
            load_number > {{ batches.get(source_name, 0) }}
            {%- if event_model in changed_models %}
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
