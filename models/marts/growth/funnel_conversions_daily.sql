{%- set dimensions = [
    'platform', 'user_segment', 'acquisition_platform', 'acquisition_campaign'
] -%}
with funnels as (
    select * from {{ ref('funnels') }}
),

funnel_steps as (
    select * from {{ ref('fct_funnel_steps') }}
),

funnel_visitors as (
    select * from {{ ref('fct_funnel_visitors') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

last_date as (
    select max(business_date) as last_business_date
    from business_dates
),

visited_steps as (
    select
        funnel_steps.funnel,
        funnel_steps.step_number,
        funnel_steps.seconds_since_previous_step,
        funnel_steps.seconds_since_entry,
        funnel_steps.entry_date,
        funnel_visitors.platform,
        funnel_visitors.user_segment,
        funnel_visitors.acquisition_platform,
        funnel_visitors.acquisition_campaign
    from funnel_steps
    inner join funnel_visitors on funnel_steps.attempt_id = funnel_visitors.attempt_id
),

split_steps as (
    {{ split_by_dimension('visited_steps', dimensions) | indent }}
),

conversions as (
    select
        funnel,
        step_number,
        entry_date,
        dimension,
        dimension_value,
        count(*) as visitor_count,
        {{ median('seconds_since_previous_step') }} as median_seconds_since_previous_step,
        {{ median('seconds_since_entry') }} as median_seconds_since_entry
    from split_steps
    group by funnel, step_number, entry_date, dimension, dimension_value
),

{# Every funnel on every date in total, and by each value of a dimension that entered it. #}
entries as (
    select
        funnels.funnel,
        business_dates.business_date as entry_date,
        'all' as dimension,
        'all' as dimension_value
    from funnels
    cross join business_dates
    where funnels.step_number = 1
    union all
    select
        funnel,
        entry_date,
        dimension,
        dimension_value
    from conversions
    where step_number = 1 and dimension <> 'all'
),

{# Every step of these, steps that nobody reached included. #}
daily_steps as (
    select
        funnels.funnel,
        funnels.step_number,
        funnels.event_name,
        entries.dimension,
        entries.dimension_value,
        cast(ceil(cast(funnels.window_hours as double) / 24) as bigint) as window_days,
        entries.entry_date,
        coalesce(conversions.visitor_count, 0) as visitor_count,
        conversions.median_seconds_since_previous_step,
        conversions.median_seconds_since_entry,
        {{ dbt.dateadd('hour', 'funnels.window_hours + 24', 'entries.entry_date') }}
        <= last_date.last_business_date as is_complete
    from funnels
    inner join entries on funnels.funnel = entries.funnel
    cross join last_date
    left join conversions
        on
            funnels.funnel = conversions.funnel
            and funnels.step_number = conversions.step_number
            and entries.entry_date = conversions.entry_date
            and entries.dimension = conversions.dimension
            and entries.dimension_value = conversions.dimension_value
    where
        funnels.source in (
            {%- for source_name in var('sources') -%}
            '{{ source_name }}'{{ ', ' if not loop.last }}
            {%- endfor -%}
        )
),

compared_steps as (
    select
        *,
        first_value(visitor_count) over step_order as entered_visitor_count,
        coalesce(lag(visitor_count) over step_order, visitor_count) as previous_visitor_count
    from daily_steps
    window step_order as (
        partition by funnel, entry_date, dimension, dimension_value order by step_number
    )
),

funnel_conversions_daily as (
    select
        funnel,
        entry_date,
        dimension,
        dimension_value,
        step_number,
        event_name,
        window_days,
        entered_visitor_count,
        visitor_count,
        previous_visitor_count - visitor_count as lost_visitor_count,
        cast(visitor_count as double) / nullif(entered_visitor_count, 0) as conversion_rate,
        cast(visitor_count as double) / nullif(previous_visitor_count, 0) as step_conversion_rate,
        median_seconds_since_previous_step,
        median_seconds_since_entry,
        is_complete
    from compared_steps
)

select * from funnel_conversions_daily
