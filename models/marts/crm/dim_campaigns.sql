{{ config(enabled=has_records_of('crm')) }}

with campaigns as (
    select * from {{ ref('int_campaigns') }}
)

select * from campaigns
