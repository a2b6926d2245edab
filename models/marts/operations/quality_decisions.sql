{{ config(enabled=has_records_of('operations')) }}

with check_results as (
    select * from {{ ref('int_check_results') }}
),

quality_policies as (
    select * from {{ ref('quality_policies') }}
),

returned_files as (
    select * from {{ ref('int_returned_files') }}
),

quality_decisions as (
    {{ quality_decisions('check_results', 'quality_policies', 'returned_files') | indent }}
)

select * from quality_decisions
