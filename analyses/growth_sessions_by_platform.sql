-- Where do people use the product, and how long do they stay?
with sessions as (
    select * from {{ ref('fct_sessions') }}
)

select
    platform,
    count(*) as session_count,
    count(distinct user_id) as user_count,
    avg(duration_seconds) as average_duration_seconds,
    avg(case when is_signed_in then 1.0 else 0.0 end) as signed_in_share
from sessions
group by platform
order by session_count desc
