with funnels as (
    select * from {{ ref('funnels') }}
),

funnel_steps as (
    select * from {{ ref('fct_funnel_steps') }}
),

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

last_date as (
    select max(business_date) as last_business_date
    from business_dates
),

attempts as (
    select
        attempt_id,
        funnel,
        visitor_id,
        entry_date,
        max(step_number) as last_step_number,
        min(entered_at) as entered_at
    from funnel_steps
    group by attempt_id, funnel, visitor_id, entry_date
),

{#
    A visitor counts once a date, with the attempt that reached the most steps, or the first such
    attempt.
#}
numbered_attempts as (
    select
        attempt_id,
        row_number() over (
            partition by funnel, visitor_id, entry_date
            order by last_step_number desc, entered_at asc, attempt_id asc
        ) as attempt_number
    from attempts
),

counted_attempts as (
    select * from numbered_attempts
    where attempt_number = 1
),

conversions as (
    select
        funnel_steps.funnel,
        funnel_steps.step_number,
        funnel_steps.entry_date,
        count(*) as visitor_count,
        {{ median('funnel_steps.seconds_since_previous_step') }}
            as median_seconds_since_previous_step,
        {{ median('funnel_steps.seconds_since_entry') }} as median_seconds_since_entry
    from funnel_steps
    inner join counted_attempts on funnel_steps.attempt_id = counted_attempts.attempt_id
    group by funnel_steps.funnel, funnel_steps.step_number, funnel_steps.entry_date
),

{# Every step of every funnel on every date, steps that nobody reached included. #}
daily_steps as (
    select
        funnels.funnel,
        funnels.step_number,
        funnels.event_name,
        cast(ceil(cast(funnels.window_hours as double) / 24) as bigint) as window_days,
        business_dates.business_date as entry_date,
        coalesce(conversions.visitor_count, 0) as visitor_count,
        conversions.median_seconds_since_previous_step,
        conversions.median_seconds_since_entry,
        {{ dbt.dateadd('hour', 'funnels.window_hours + 24', 'business_dates.business_date') }}
        <= last_date.last_business_date as is_complete
    from funnels
    cross join business_dates
    cross join last_date
    left join conversions
        on
            funnels.funnel = conversions.funnel
            and funnels.step_number = conversions.step_number
            and business_dates.business_date = conversions.entry_date
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
    window step_order as (partition by funnel, entry_date order by step_number)
),

funnel_conversions_daily as (
    select
        funnel,
        entry_date,
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
