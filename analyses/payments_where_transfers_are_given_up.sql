-- At which step, and on which platform, do users give a transfer up?
{{ config(enabled=has_records_of('bank')) }}

with transfers as (
    select * from {{ ref('fct_transfers') }}
    where started_at is not null
)

select
    platform,
    count(*) as started_count,
    count(confirmed_at) as confirmed_count,
    count(completed_at) as completed_count,
    count(confirmed_at) / cast(count(*) as double) as confirmed_share,
    count(completed_at) / cast(count(*) as double) as completed_share
from transfers
group by platform
order by started_count desc
