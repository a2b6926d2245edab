{%- set retained_days = [1, 7, 30] -%}
with user_lifetimes as (
    select * from {{ ref('int_user_lifetimes') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

events as (
    select * from {{ ref('fct_events') }}
    where
        event_name in ('signup_completed', 'transfer_completed')
        and not is_bot
        and stitched_user_id is not null
),

{%- if has_records_of('bank') %}

user_day_segments as (
    select * from {{ ref('int_user_day_segments') }}
),
{%- endif %}

business_dates as (
    select * from {{ ref('int_business_dates') }}
),

last_date as (
    select max(business_date) as last_business_date
    from business_dates
),

signups as (
    select
        stitched_user_id as user_id,
        min(occurred_at) as signed_up_at
    from events
    where event_name = 'signup_completed'
    group by stitched_user_id
),

first_transfers as (
    select
        stitched_user_id as user_id,
        min(occurred_at) as first_transfer_at
    from events
    where event_name = 'transfer_completed'
    group by stitched_user_id
),

numbered_days as (
    select
        user_days.user_id,
        {{ dbt.datediff('user_lifetimes.first_active_date', 'user_days.activity_date', 'day') }}
            as day_number
    from user_days
    inner join user_lifetimes on user_days.user_id = user_lifetimes.user_id
),

counted_days as (
    select
        user_id,
        {%- for number in retained_days %}
        count(case when day_number = {{ number }} then 1 end) as day_{{ number }}_count,
        {%- endfor %}
        count(*) as active_day_count
    from numbered_days
    group by user_id
),

described_users as (
    select
        user_lifetimes.user_id,
        coalesce(user_lifetimes.acquisition_platform, 'unknown') as acquisition_platform,
        coalesce(user_lifetimes.acquisition_campaign_id, 'no_campaign') as acquisition_campaign,
        {%- if has_records_of('bank') %}
        coalesce(user_day_segments.user_segment, 'unknown') as user_segment,
        {%- else %}
        'unknown' as user_segment,
        {%- endif %}
        {{ dbt.datediff(
            'user_lifetimes.first_active_date', 'last_date.last_business_date', 'day'
        ) }} as observed_day_count,
        {%- for number in retained_days %}
        counted_days.day_{{ number }}_count,
        {%- endfor %}
        user_lifetimes.first_active_date,
        last_date.last_business_date,
        {{ business_date('signups.signed_up_at') }} as signup_date,
        signups.signed_up_at,
        case
            when first_transfers.first_transfer_at >= signups.signed_up_at
                then first_transfers.first_transfer_at
        end as first_transfer_at
    from user_lifetimes
    inner join counted_days on user_lifetimes.user_id = counted_days.user_id
    cross join last_date
    left join signups on user_lifetimes.user_id = signups.user_id
    left join first_transfers on user_lifetimes.user_id = first_transfers.user_id
    {%- if has_records_of('bank') %}
    left join user_day_segments
        on
            user_lifetimes.user_id = user_day_segments.user_id
            and user_lifetimes.first_active_date = user_day_segments.activity_date
    {%- endif %}
),

new_users as (
    select
        user_id,
        acquisition_platform,
        acquisition_campaign,
        user_segment,
        observed_day_count,
        {%- for number in retained_days %}
        case when observed_day_count >= {{ number }} then day_{{ number }}_count > 0 end
            as is_retained_on_day_{{ number }},
        {%- endfor %}
        case
            when signed_up_at is not null
                then coalesce(
                    first_transfer_at <= {{ dbt.dateadd('day', 7, 'signed_up_at') }}, false
                )
        end as is_activated,
        {{ dbt.dateadd('day', 8, 'signup_date') }} <= last_business_date as has_activation_window,
        cast({{ elapsed('millisecond', 'signed_up_at', 'first_transfer_at') }} as double) / 86400000
            as days_to_first_transfer,
        first_active_date,
        signup_date,
        {{ business_date('first_transfer_at') }} as first_transfer_date,
        signed_up_at,
        first_transfer_at
    from described_users
)

select * from new_users
