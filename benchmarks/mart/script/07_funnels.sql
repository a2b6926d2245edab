create temp table funnels as
select * from read_csv('$seeds/funnels/funnels.csv', header = true, types = {
    'step_number': 'bigint', 'window_hours': 'bigint', 'is_same_session': 'boolean',
    'property_name': 'varchar', 'property_value': 'varchar'
})
where source = 'app';

create temp table step_events as
select
    *,
    dense_rank() over (
        partition by funnel, scope_id order by occurred_at, landing_file, line_number
    ) as position
from (
    select
        funnels.funnel,
        funnels.step_number,
        funnels.window_hours,
        events.landing_file,
        events.line_number,
        coalesce('user ' || events.stitched_user_id, 'device ' || events.device_id)
            as visitor_id,
        case
            when funnels.is_same_session then events.session_id
            else coalesce('user ' || events.stitched_user_id, 'device ' || events.device_id)
        end as scope_id,
        events.event_name,
        events.event_date,
        events.occurred_at
    from marts.fct_events as events
    inner join funnels
        on
            events.event_name = funnels.event_name
            and (
                funnels.property_name is null
                or json_extract_string(events.properties, '$."' || funnels.property_name || '"')
                = funnels.property_value
            )
    where not events.is_bot and events.event_name in (select event_name from funnels)
)
where visitor_id is not null and scope_id is not null;

-- The first event of the next step after an event, at any distance.
create temp table next_steps as
select
    departures.funnel,
    departures.scope_id,
    departures.step_number,
    departures.position,
    arrivals.position as next_position,
    arrivals.event_name as next_event_name,
    arrivals.landing_file as next_landing_file,
    arrivals.line_number as next_line_number,
    arrivals.occurred_at as next_occurred_at
from step_events as departures
asof inner join step_events as arrivals
    on
        departures.funnel = arrivals.funnel
        and departures.scope_id = arrivals.scope_id
        and departures.step_number + 1 = arrivals.step_number
        and departures.position < arrivals.position;

create table marts.fct_funnel_steps as
with recursive reached_steps as (
    select
        md5(funnel || ' ' || landing_file || ':' || line_number) as attempt_id,
        funnel,
        visitor_id,
        scope_id,
        step_number,
        position,
        event_name,
        landing_file,
        line_number,
        event_date as entry_date,
        occurred_at + window_hours * interval 1 hour as window_ends_at,
        occurred_at as entered_at,
        null::timestamp as previous_step_at,
        occurred_at as reached_at
    from step_events
    where step_number = 1
    union all
    select
        reached_steps.attempt_id,
        reached_steps.funnel,
        reached_steps.visitor_id,
        reached_steps.scope_id,
        reached_steps.step_number + 1,
        next_steps.next_position,
        next_steps.next_event_name,
        next_steps.next_landing_file,
        next_steps.next_line_number,
        reached_steps.entry_date,
        reached_steps.window_ends_at,
        reached_steps.entered_at,
        reached_steps.reached_at,
        next_steps.next_occurred_at
    from reached_steps
    inner join next_steps
        on
            reached_steps.funnel = next_steps.funnel
            and reached_steps.scope_id = next_steps.scope_id
            and reached_steps.step_number = next_steps.step_number
            and reached_steps.position = next_steps.position
            and reached_steps.window_ends_at >= next_steps.next_occurred_at
)

select
    attempt_id,
    funnel,
    step_number,
    event_name,
    visitor_id,
    landing_file,
    line_number,
    date_sub('millisecond', entered_at, reached_at)::double / 1000 as seconds_since_entry,
    date_sub('millisecond', previous_step_at, reached_at)::double / 1000
        as seconds_since_previous_step,
    entry_date,
    entered_at,
    reached_at
from reached_steps;

create table marts.funnel_conversions_daily as
with counted_attempts as (
    select attempt_id
    from (
        select
            attempt_id,
            funnel,
            visitor_id,
            entry_date,
            max(step_number) as last_step_number,
            min(entered_at) as entered_at
        from marts.fct_funnel_steps
        group by attempt_id, funnel, visitor_id, entry_date
    )
    qualify row_number() over (
        partition by funnel, visitor_id, entry_date
        order by last_step_number desc, entered_at, attempt_id
    ) = 1
),

conversions as (
    select
        funnel,
        step_number,
        entry_date,
        count(*) as visitor_count,
        median(seconds_since_previous_step)::double as median_seconds_since_previous_step,
        median(seconds_since_entry)::double as median_seconds_since_entry
    from marts.fct_funnel_steps
    where attempt_id in (select attempt_id from counted_attempts)
    group by funnel, step_number, entry_date
),

daily_steps as (
    select
        funnels.funnel,
        business_dates.business_date as entry_date,
        funnels.step_number,
        funnels.event_name,
        ceil(funnels.window_hours / 24)::bigint as window_days,
        coalesce(conversions.visitor_count, 0) as visitor_count,
        conversions.median_seconds_since_previous_step,
        conversions.median_seconds_since_entry,
        business_dates.business_date + (funnels.window_hours + 24) * interval 1 hour
        <= (select max(business_date) from business_dates) as is_complete
    from funnels
    cross join business_dates
    left join conversions
        on
            funnels.funnel = conversions.funnel
            and funnels.step_number = conversions.step_number
            and business_dates.business_date = conversions.entry_date
),

compared_steps as (
    select
        *,
        first_value(visitor_count) over step_order as entered_visitor_count,
        coalesce(lag(visitor_count) over step_order, visitor_count) as previous_visitor_count
    from daily_steps
    window step_order as (partition by funnel, entry_date order by step_number)
)

select
    funnel,
    entry_date,
    step_number,
    event_name,
    window_days,
    entered_visitor_count,
    visitor_count,
    previous_visitor_count - visitor_count as lost_visitor_count,
    visitor_count::double / nullif(entered_visitor_count, 0) as conversion_rate,
    visitor_count::double / nullif(previous_visitor_count, 0) as step_conversion_rate,
    median_seconds_since_previous_step,
    median_seconds_since_entry,
    is_complete
from compared_steps;
