-- How long does a transfer take, from asking to settlement?
{{ config(enabled=has_records_of('bank')) }}

with transfers as (
    select
        platform,
        {{ elapsed('second', 'started_at', 'completed_at') }} as duration_seconds
    from {{ ref('fct_transfers') }}
    where transfer_status = 'completed' and started_at is not null
)

select
    platform,
    count(*) as transfer_count,
    avg(duration_seconds) as average_seconds,
    max(duration_seconds) as longest_seconds
from transfers
group by platform
order by platform
