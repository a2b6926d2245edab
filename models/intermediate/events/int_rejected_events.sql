{{ config(materialized='view') }}

with judged_events as (
    select * from {{ ref('int_judged_events') }}
)

select * from judged_events
where outcome = 'rejected'
