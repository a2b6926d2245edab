{{ config(enabled=has_records_of('operations')) }}

{# Alarms and counts of what operates the mart are no checks on data. #}
with check_results as (
    select * from {{ ref('int_check_results') }}
    where platform in ('dbt', 'great_expectations') or check_kind = 'finding'
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
