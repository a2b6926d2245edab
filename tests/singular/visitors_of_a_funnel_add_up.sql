-- Fails on every step of a funnel on a date whose visitors by a dimension are not those in total,
-- or are not those of funnel_visitors_daily.
with conversions as (
    select
        funnel,
        entry_date,
        step_number,
        dimension,
        sum(entered_visitor_count) as entered_visitors,
        sum(visitor_count) as visitors,
        sum(visitor_count + lost_visitor_count) as previous_visitors
    from {{ ref('funnel_conversions_daily') }}
    group by funnel, entry_date, step_number, dimension
    union all
    select
        funnel,
        entry_date,
        step_number,
        'cells' as dimension,
        sum(entered_visitor_count) as entered_visitors,
        sum(visitor_count) as visitors,
        sum(previous_visitor_count) as previous_visitors
    from {{ ref('funnel_visitors_daily') }}
    group by funnel, entry_date, step_number
)

select
    funnel,
    entry_date,
    step_number
from conversions
group by funnel, entry_date, step_number
having
    min(entered_visitors) <> max(entered_visitors)
    or min(visitors) <> max(visitors)
    or min(previous_visitors) <> max(previous_visitors)
    or count(case when dimension in ('all', 'cells') then 1 end) <> 2
