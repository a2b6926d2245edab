-- How much of what lands can we not use?
with landed_files as (
    select * from {{ ref('fct_landed_files') }}
)

select
    landed_date,
    source,
    sum(line_count) as line_count,
    sum(rejected_count) / nullif(cast(sum(line_count) as double), 0) as rejected_share,
    sum(duplicate_count) / nullif(cast(sum(line_count) as double), 0) as duplicate_share
from landed_files
group by landed_date, source
order by landed_date, source
