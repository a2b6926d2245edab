{{ config(
    materialized='view',
    enabled=has_records_of('operations'),
) }}

with subject_owners as (
    {{ subject_owners() | indent }}
),

pipeline_tasks as (
    select
        'task' as subject_kind,
        task as subject,
        owner
    from {{ ref('pipeline_tasks') }}
),

all_owners as (
    select * from subject_owners
    union all
    select * from pipeline_tasks
)

select * from all_owners
