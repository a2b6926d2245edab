{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['landing_file', 'line_number'],
    on_schema_change='append_new_columns',
    pre_hook='{{ forget_restatements() }}',
) }}
-- depends_on: {{ ref('int_restated_models') }}

{#
    An incremental run takes what was loaded since, and every event whose entry in the plan is not
    the one it was judged by.
#}
with judged_events as (
    {%- for source_name in var('sources') %}
    {%- set outer_loop = loop %}
    {%- for event in var('planned_events')[source_name] + ['unplanned_events'] %}
    select {{ judged_event_columns() | join(', ') }}
    from {{ ref('stg_' ~ source_name ~ '__' ~ event) }}
    {%- if is_incremental() %}
    where
        load_number > (
            select coalesce(max(load_number), 0) from {{ this }}
            where source = '{{ source_name }}'
        )
        or plan_hash not in (select plan_hash from {{ this }})
    {%- endif %}
    {{ 'union all' if not (loop.last and outer_loop.last) }}
    {%- endfor %}
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
    {% if is_incremental() -%}
    (select coalesce(max(restatement_number), 0) + 1 from {{ this }}) as restatement_number
    {%- else -%}
    1::bigint as restatement_number
    {%- endif %}
from judged_events
