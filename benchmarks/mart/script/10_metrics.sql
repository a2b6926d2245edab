create temp table metric_rows as
with session_counts as (
    select
        seoul_date(started_at) as metric_date,
        case grouping(platform, basis, campaign)
            when 3 then 'platform' when 5 then 'identity_basis' when 6 then 'campaign' else 'all'
        end as dimension,
        case grouping(platform, basis, campaign)
            when 3 then platform when 5 then basis when 6 then campaign else 'all'
        end as dimension_value,
        count(*) as session_count,
        count(*) filter (where event_count = 1) as single_event_count,
        sum(seconds) as total_seconds,
        median(seconds)::double as median_seconds,
        case when grouping(platform, basis, campaign) = 5 then 31 else 1 end as window_days
    from (
        select
            started_at,
            coalesce(platform, 'unknown') as platform,
            identity_basis as basis,
            coalesce(campaign_id, 'no_campaign') as campaign,
            event_count,
            date_sub('second', started_at, ended_at) as seconds
        from sessions
    )
    group by grouping sets (
        (seoul_date(started_at)),
        (seoul_date(started_at), platform),
        (seoul_date(started_at), basis),
        (seoul_date(started_at), campaign)
    )
),

event_totals as (
    select
        occurred_date as metric_date,
        case grouping(event_name, platform)
            when 1 then 'event_name' when 2 then 'platform' else 'all'
        end as dimension,
        case grouping(event_name, platform)
            when 1 then event_name when 2 then platform else 'all'
        end as dimension_value,
        sum(event_count) as event_count
    from (
        select occurred_date, event_name, coalesce(platform, 'unknown') as platform, event_count
        from event_counts
        where is_valid and not is_bot
    )
    group by grouping sets (
        (occurred_date), (occurred_date, event_name), (occurred_date, platform)
    )
),

received as (
    select
        business_date as metric_date,
        case grouping(event_name, platform)
            when 1 then 'event_name' when 2 then 'platform' else 'all'
        end as dimension,
        case grouping(event_name, platform)
            when 1 then event_name when 2 then platform else 'all'
        end as dimension_value,
        sum(received_count) as received_count,
        sum(rejected_count) as rejected_count,
        sum(late_count) as late_count
    from (
        select
            business_date, coalesce(event_name, 'unknown') as event_name,
            coalesce(platform, 'unknown') as platform, received_count, rejected_count, late_count
        from ingestion_days
        where received_count > 0
    )
    group by grouping sets (
        (business_date), (business_date, event_name), (business_date, platform)
    )
),

transfers as (
    select
        transfer_date as metric_date,
        case grouping(platform, bank_code, user_segment)
            when 3 then 'platform' when 5 then 'bank_code' when 6 then 'user_segment' else 'all'
        end as dimension,
        case grouping(platform, bank_code, user_segment)
            when 3 then platform when 5 then bank_code when 6 then user_segment else 'all'
        end as dimension_value,
        count(*) as transfer_count,
        count(*) filter (where transfer_status = 'completed') as completed_count,
        count(*) filter (where transfer_status = 'failed') as failed_count,
        count(*) filter (where transfer_status in ('completed', 'failed')) as ended_count,
        count(distinct user_id) as sender_count,
        coalesce(sum(amount_krw) filter (where transfer_status = 'completed'), 0) as amount_krw,
        sum(fee_krw) as fee_krw
    from (
        select
            transfer_date, coalesce(platform, 'unknown') as platform,
            coalesce(bank_code, 'unknown') as bank_code,
            coalesce(user_segment, 'unknown') as user_segment,
            user_id, transfer_status, amount_krw, fee_krw
        from marts.fct_transfers
    )
    group by grouping sets (
        (transfer_date), (transfer_date, platform), (transfer_date, bank_code),
        (transfer_date, user_segment)
    )
),

applications as (
    select
        application_date as metric_date,
        case grouping(platform, card_product, user_segment)
            when 3 then 'platform' when 5 then 'card_product' when 6 then 'user_segment'
            else 'all'
        end as dimension,
        case grouping(platform, card_product, user_segment)
            when 3 then platform when 5 then card_product when 6 then user_segment else 'all'
        end as dimension_value,
        count(*) as application_count,
        count(*) filter (where application_status = 'approved') as approved_count,
        count(*) filter (where application_status in ('approved', 'declined')) as decided_count
    from (
        select
            application_date, coalesce(platform, 'unknown') as platform,
            coalesce(card_product, 'unknown') as card_product,
            coalesce(user_segment, 'unknown') as user_segment, application_status
        from marts.fct_card_applications
    )
    group by grouping sets (
        (application_date), (application_date, platform), (application_date, card_product),
        (application_date, user_segment)
    )
),

messages_sent as (
    select
        sent_date as metric_date,
        case grouping(campaign, channel)
            when 1 then 'campaign' when 2 then 'channel' else 'all'
        end as dimension,
        case grouping(campaign, channel)
            when 1 then campaign when 2 then channel else 'all'
        end as dimension_value,
        count(*) filter (where not is_holdout) as sent_count,
        count(*) filter (where is_delivered) as delivered_count,
        count(*) filter (where is_dead_letter) as dead_letter_count,
        count(*) filter (where is_delivered and is_push) as delivered_push_count,
        count(*) filter (where is_delivered and is_opened) as opened_count,
        count(*) filter (where is_delivered and is_clicked) as clicked_count,
        count(*) filter (where is_delivered and has_unsubscribed) as unsubscribed_count,
        count(*) filter (where is_delivered and has_goal) as delivered_with_goal_count,
        count(*) filter (where has_goal and attributed_conversion_count > 0) as converted_count
    from (
        select
            messages.*,
            messages.campaign_id as campaign,
            messages.channel = 'push' as is_push,
            campaigns.goal_event_name is not null as has_goal
        from marts.fct_messages as messages
        left join marts.dim_campaigns as campaigns on messages.campaign_id = campaigns.campaign_id
        where messages.sent_date is not null
    )
    group by grouping sets ((sent_date), (sent_date, campaign), (sent_date, channel))
),

breaches as (
    select
        sent_date as metric_date,
        case grouping(campaign_id, channel)
            when 1 then 'campaign' when 2 then 'channel' else 'all'
        end as dimension,
        case grouping(campaign_id, channel)
            when 1 then campaign_id when 2 then channel else 'all'
        end as dimension_value,
        count(*) as breach_count
    from marts.frequency_cap_breaches
    group by grouping sets ((sent_date), (sent_date, campaign_id), (sent_date, channel))
)

select metric_date, dimension, dimension_value, unnest([
    ('sessions', session_count, null, window_days, true),
    ('single_event_session_share', single_event_count, session_count, window_days, true),
    ('average_session_seconds', total_seconds, session_count, window_days, true),
    ('median_session_seconds', median_seconds, null, window_days, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from session_counts
union all
select metric_date, dimension, dimension_value, 'events', event_count, null, 0, true
from event_totals
union all
-- There is one source, so its events on a date are those of all sources.
select metric_date, 'source', 'app', 'events', event_count, null, 0, true
from event_totals
where dimension = 'all'
union all
select metric_date, dimension, dimension_value, unnest([
    ('received_events', received_count, null, 0, true),
    ('rejected_events', rejected_count, null, 0, true),
    ('rejected_share', rejected_count, received_count, 0, true),
    ('late_events', late_count, null, 0, true),
    ('late_share', late_count, received_count, 0, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from (
    from received
    union all
    select * replace ('source' as dimension, 'app' as dimension_value) from received
    where dimension = 'all'
)
union all
select metric_date, dimension, dimension_value, unnest([
    ('transfers', transfer_count, null, 1, true),
    ('completed_transfers', completed_count, null, 1, true),
    ('failed_transfers', failed_count, null, 1, true),
    ('transfer_success_rate', completed_count, ended_count, 1, true),
    ('transfer_senders', sender_count, null, 1, true),
    ('transfer_amount_krw', amount_krw, null, 1, true),
    ('transfer_fees_krw', fee_krw, null, 1, true),
    ('average_transfer_krw', amount_krw, completed_count, 1, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from transfers
union all
select metric_date, dimension, dimension_value, unnest([
    ('card_applications', application_count, null, 5, true),
    ('approved_card_applications', approved_count, null, 5, true),
    ('card_approval_rate', approved_count, decided_count, 5, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from applications
union all
select
    ended_date, 'all', 'all', 'matched_transfer_share',
    count(*) filter (where reconciliation_status = 'matched'), count(*), 1, true
from marts.transfer_reconciliation
group by ended_date
union all
select metric_date, dimension, dimension_value, unnest([
    ('messages_sent', sent_count, null, 1, true),
    ('messages_delivered', delivered_count, null, 1, true),
    ('message_delivery_rate', delivered_count, sent_count, 1, true),
    ('message_dead_letters', dead_letter_count, null, 1, true),
    ('push_open_rate', opened_count, delivered_push_count, 4, true),
    ('message_click_rate', clicked_count, delivered_count, 4, true),
    ('message_unsubscribe_rate', unsubscribed_count, delivered_count, 4, true),
    ('message_conversion_rate', converted_count, delivered_with_goal_count, 4, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from messages_sent
union all
select metric_date, dimension, dimension_value, 'frequency_cap_breaches', breach_count, null, 1,
    true
from breaches
union all
select activity_date, dimension, dimension_value, unnest([
    ('daily_active_users', dau, null, window_days, true),
    ('weekly_active_users', wau, null, window_days, is_wau_complete),
    ('monthly_active_users', mau, null, window_days, is_mau_complete),
    ('stickiness', dau, mau, window_days, is_mau_complete)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from (
    select
        *,
        case when dimension in ('all', 'platform', 'user_segment') then 1 else 31 end
            as window_days
    from active_users
)
union all
select
    activity_date, dimension, dimension_value, unnest([
        ('new_users', new_users, null, window_days, true),
        ('returning_users', returning_users, null, window_days, true),
        ('resurrected_users', resurrected_users, null, window_days, true)
    ]::struct(
        metric varchar, numerator double, denominator double, window_days bigint,
        is_whole boolean
    )[], recursive := true)
from (
    select
        *,
        case when dimension in ('platform', 'user_segment') then 1 else 31 end as window_days
    from active_users
    where dimension <> 'all'
)
union all
select activity_date, 'all', 'all', unnest([
    ('known_users', known_users, null, 1, true),
    ('new_users', new_users, null, 1, true),
    ('returning_users', returning_users, null, 1, true),
    ('resurrected_users', resurrected_users, null, 1, true),
    ('idle_users', idle_users, null, 1, true),
    ('churned_users', churned_users, null, 1, true),
    ('newly_churned_users', newly_churned_users, null, 1, true)
]::struct(
    metric varchar, numerator double, denominator double, window_days bigint, is_whole boolean
)[], recursive := true)
from marts.user_lifecycle_daily
union all
select
    cohort_date, 'all', 'all', 'retention_day_' || period_number, retained_user_count,
    cohort_user_count, period_number + 1, is_complete
from marts.retention_cohorts
where period = 'day' and period_number in (1, 7, 30)
union all
select
    conversions.entry_date,
    'funnel_step',
    conversions.funnel || ' ' || conversions.step_number || ' ' || conversions.event_name,
    unnest([
        ('funnel_visitors', visitor_count, null, window_days + 31, true),
        (
            'funnel_conversion_rate', visitor_count, entered_visitor_count, window_days + 31, true
        ),
        (
            'funnel_step_conversion_rate', visitor_count, visitor_count + lost_visitor_count,
            window_days + 31, true
        ),
        ('funnel_median_seconds', median_seconds_since_entry, null, window_days + 31, true)
    ]::struct(
        metric varchar, numerator double, denominator double, window_days bigint,
        is_whole boolean
    )[], recursive := true)
from marts.funnel_conversions_daily as conversions;

create temp table definitions as
select unnest(metrics) as metric, unit, additive_over, late_days
from (values
    (
        ['approved_card_applications', 'card_applications'], 'applications',
        'dates and dimension', 30
    ),
    (['average_session_seconds'], 'seconds', 'dates and dimension', 30),
    (['average_transfer_krw', 'transfer_amount_krw', 'transfer_fees_krw'], 'KRW',
        'dates and dimension', 30),
    (
        [
            'card_approval_rate', 'matched_transfer_share', 'message_click_rate',
            'message_conversion_rate', 'message_delivery_rate', 'message_unsubscribe_rate',
            'push_open_rate', 'single_event_session_share', 'transfer_success_rate'
        ], 'share', 'dates and dimension', 30
    ),
    (
        [
            'churned_users', 'daily_active_users', 'idle_users', 'known_users',
            'monthly_active_users', 'returning_users', 'transfer_senders', 'weekly_active_users'
        ], 'users', 'neither', 30
    ),
    (['new_users', 'newly_churned_users', 'resurrected_users'], 'users', 'dates', 30),
    (['completed_transfers', 'failed_transfers', 'transfers'], 'transfers',
        'dates and dimension', 30),
    (['events'], 'events', 'dates and dimension', 30),
    (
        [
            'frequency_cap_breaches', 'message_dead_letters', 'messages_delivered',
            'messages_sent'
        ], 'messages', 'dates and dimension', 30
    ),
    (
        [
            'funnel_conversion_rate', 'funnel_step_conversion_rate', 'retention_day_1',
            'retention_day_30', 'retention_day_7'
        ], 'share', 'dates', 30
    ),
    (['funnel_median_seconds', 'median_session_seconds'], 'seconds', 'neither', 30),
    (['funnel_visitors'], 'visitors', 'neither', 30),
    (['late_events', 'received_events', 'rejected_events'], 'events', 'dates and dimension', 0),
    (['late_share', 'rejected_share'], 'share', 'dates and dimension', 0),
    (['sessions'], 'sessions', 'dates and dimension', 30),
    (['stickiness'], 'share', 'neither', 30)
) as listed (metrics, unit, additive_over, late_days);

-- The app has landed until now. A file of records holds what the system did until its date ended.
create temp table open_dates as
select 'events' as counted, max(business_date) as open_from_date
from business_dates
union all
select
    'bank', least(max(seoul_date(landed_date + interval 1 day)), (select max(business_date) from business_dates))
from (select regexp_extract(file, 'dt=([0-9-]{10})', 1)::date as landed_date from glob('$landing/bank/*/*'))
union all
select
    'crm', least(max(seoul_date(landed_date + interval 1 day)), (select max(business_date) from business_dates))
from (select regexp_extract(file, 'dt=([0-9-]{10})', 1)::date as landed_date from glob('$landing/crm/*/*'));

create temp table arrival_shares as
select
    age_days,
    (sum(event_count) filter (where received_date - occurred_date < age_days))::double
    / sum(event_count) as arrived_share
from event_counts
cross join range(1, 32) as ages (age_days)
where
    is_valid
    and occurred_date > (select min(received_date) from event_counts where is_valid)
    and occurred_date + 31 <= (select max(business_date) from business_dates)
group by age_days;

create temp table aged_metrics as
select
    metric_rows.*,
    definitions.unit,
    definitions.additive_over,
    open_dates.counted,
    metric_date + (window_days + late_days + 1)::int as final_from_date,
    least(
        open_dates.open_from_date - metric_date,
        case
            when open_days > 0
                then (select max(business_date) from business_dates) - metric_date - open_days
        end
    ) as age_days
from (
    select
        *,
        case
            when metric like 'retention_day_%' then split_part(metric, '_', 3)::bigint
            when metric in ('approved_card_applications', 'card_approval_rate') then 5
            when metric like 'funnel_%' then window_days - 31
            when
                metric in (
                    'push_open_rate', 'message_click_rate', 'message_unsubscribe_rate',
                    'message_conversion_rate'
                )
                then 3
            else 0
        end as open_days
    from metric_rows
) as metric_rows
inner join definitions on metric_rows.metric = definitions.metric
inner join open_dates
    on open_dates.counted = case
        when metric_rows.metric like '%message%' or metric_rows.metric like '%breaches' then 'crm'
        when metric_rows.metric = 'push_open_rate' then 'crm'
        when metric_rows.metric like '%transfer%' then 'bank'
        else 'events'
    end;

create table marts.metrics_daily as
select
    stated_metrics.metric,
    stated_metrics.metric_date,
    stated_metrics.dimension,
    stated_metrics.dimension_value,
    case
        when stated_metrics.denominator is null then stated_metrics.numerator
        else stated_metrics.numerator / nullif(stated_metrics.denominator, 0)
    end as value,
    stated_metrics.numerator,
    stated_metrics.denominator,
    stated_metrics.unit,
    case
        when stated_metrics.unit = 'share' or stated_metrics.metric like 'average_%' then 'neither'
        else stated_metrics.additive_over
    end as value_additive_over,
    stated_metrics.additive_over as parts_additive_over,
    stated_metrics.is_whole as has_whole_window,
    stated_metrics.date_state,
    case stated_metrics.date_state
        when 'final' then 1 when 'settling' then arrival_shares.arrived_share
    end as arrived_share,
    stated_metrics.final_from_date
from (
    select
        *,
        case
            when not is_whole or age_days <= 0 then 'open'
            when final_from_date <= (select max(business_date) from business_dates) then 'final'
            else 'settling'
        end as date_state
    from aged_metrics
) as stated_metrics
left join arrival_shares
    on
        stated_metrics.counted = 'events'
        and least(stated_metrics.age_days, 31) = arrival_shares.age_days;
