with judged_events as (
    select * from {{ ref('int_judged_events') }}
),

left_out_days as (
    select * from {{ ref('int_left_out_days') }}
),

{# The events that a device (or, without a device, a user) sent on a date in a version. #}
sent_events as (
    select distinct
        source,
        platform,
        app_version,
        event_name,
        event_date as business_date,
        coalesce('device ' || device_id, 'user ' || user_id) as sender
    from judged_events
    where
        outcome = 'valid'
        and not is_bot
        and app_version is not null
        and coalesce(device_id, user_id) is not null
        and not {{ list_contains(unsteady_events(), "source || '.' || event_name") }}
),

active_senders as (
    select distinct
        sent_events.source,
        sent_events.platform,
        sent_events.app_version,
        sent_events.business_date,
        sent_events.sender
    from sent_events
    where not exists (
        select 1 from left_out_days
        where
            sent_events.business_date = left_out_days.business_date
            and coalesce(left_out_days.source, sent_events.source) = sent_events.source
            and (left_out_days.platform is null or left_out_days.platform = sent_events.platform)
    )
),

version_days as (
    select
        source,
        platform,
        app_version,
        business_date,
        count(*) as sender_count
    from active_senders
    group by 1, 2, 3, 4
),

version_events as (
    select distinct
        source,
        platform,
        app_version,
        event_name
    from sent_events
),

event_days as (
    select
        source,
        platform,
        app_version,
        event_name,
        business_date,
        count(*) as event_sender_count
    from sent_events
    group by 1, 2, 3, 4, 5
),

{# Every event of a version on every date on which anybody used the version. #}
days as (
    select
        version_days.source,
        version_days.platform,
        version_days.app_version,
        version_events.event_name,
        version_days.business_date,
        version_days.sender_count,
        coalesce(event_days.event_sender_count, 0) as event_sender_count
    from version_days
    inner join version_events
        on
            version_days.source = version_events.source
            and version_days.platform is not distinct from version_events.platform
            and version_days.app_version = version_events.app_version
    left join event_days
        on
            version_days.source = event_days.source
            and version_days.platform is not distinct from event_days.platform
            and version_days.app_version = event_days.app_version
            and version_events.event_name = event_days.event_name
            and version_days.business_date = event_days.business_date
),

numbered_days as (
    select
        *,
        sum(event_sender_count) over event_order as past_event_sender_days,
        sum(sender_count) over event_order as past_sender_days,
        sum(case when event_sender_count > 0 then 1 else 0 end) over event_order as run_number,
        max(business_date) over (
            partition by source, platform, app_version, event_name
        ) as last_version_date
    from days
    window event_order as (
        partition by source, platform, app_version, event_name
        order by business_date rows between unbounded preceding and current row
    )
),

{# Runs of dates without the event, and how often it was sent before. #}
silent_runs as (
    select
        source,
        platform,
        app_version,
        event_name,
        run_number,
        min(business_date) as first_date,
        max(business_date) as last_date,
        max(last_version_date) as last_version_date,
        count(*) as day_count,
        sum(sender_count) as silent_sender_days,
        least(
            cast(max(past_event_sender_days) as double)
            / nullif(min(past_sender_days - sender_count), 0),
            0.99
        ) as usual_share,
        min(past_sender_days - sender_count) as past_sender_days
    from numbered_days
    where event_sender_count = 0
    group by 1, 2, 3, 4, 5
),

{#
    The probability that a run is chance: a sender sends the event on the usual share of its days,
    so none of n senders does with the probability (1 - share) ^ n. A sender counts once, because
    its days resemble each other.
#}
sender_runs as (
    select
        silent_runs.*,
        (
            select count(distinct active_senders.sender) from active_senders
            where
                active_senders.source = silent_runs.source
                and active_senders.platform is not distinct from silent_runs.platform
                and active_senders.app_version = silent_runs.app_version
                and active_senders.business_date between silent_runs.first_date
                and silent_runs.last_date
        ) as sender_count
    from silent_runs
    where
        past_sender_days >= {{ var('silence_least_past_days') }}
        and usual_share > 0
        and -silent_sender_days * ln(1 - usual_share) >= -ln({{ var('silence_probability') }})
),

silences as (
    select
        source,
        event_name,
        platform,
        app_version,
        first_date,
        last_date,
        day_count,
        last_date = last_version_date as is_ongoing,
        sender_count,
        usual_share * silent_sender_days as expected_count
    from sender_runs
    where -sender_count * ln(1 - usual_share) >= -ln({{ var('silence_probability') }})
)

select * from silences
