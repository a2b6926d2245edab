{%- set dimensions = [
    'platform', 'user_segment', 'acquisition_platform', 'acquisition_campaign'
] -%}
with funnels as (
    select * from {{ ref('funnels') }}
    where
        source in (
            {%- for source_name in var('sources') -%}
            '{{ source_name }}'{{ ', ' if not loop.last }}
            {%- endfor -%}
        )
),

funnel_visitors as (
    select * from {{ ref('fct_funnel_visitors') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

visitor_steps as (
    select
        funnels.funnel,
        funnel_visitors.entry_date,
        funnels.step_number,
        {%- for dimension in dimensions %}
        funnel_visitors.{{ dimension }},
        {%- endfor %}
        count(*) as entered_visitor_count,
        count(case when funnel_visitors.last_step_number >= funnels.step_number - 1 then 1 end)
            as previous_visitor_count,
        count(case when funnel_visitors.last_step_number >= funnels.step_number then 1 end)
            as visitor_count
    from funnel_visitors
    inner join funnels on funnel_visitors.funnel = funnels.funnel
    group by 1, 2, 3, 4, 5, 6, 7
),

{# A date that nobody entered the funnel on has a row of 0 visitors for each step. #}
daily_steps as (
    select
        funnels.funnel,
        business_dates.business_date as entry_date,
        funnels.step_number,
        funnels.event_name,
        {%- for dimension in dimensions %}
        coalesce(visitor_steps.{{ dimension }}, 'unknown') as {{ dimension }},
        {%- endfor %}
        cast(ceil(cast(funnels.window_hours as double) / 24) as bigint) as window_days,
        coalesce(visitor_steps.entered_visitor_count, 0) as entered_visitor_count,
        coalesce(visitor_steps.previous_visitor_count, 0) as previous_visitor_count,
        coalesce(visitor_steps.visitor_count, 0) as visitor_count
    from funnels
    cross join business_dates
    left join visitor_steps
        on
            funnels.funnel = visitor_steps.funnel
            and funnels.step_number = visitor_steps.step_number
            and business_dates.business_date = visitor_steps.entry_date
)

select * from daily_steps
