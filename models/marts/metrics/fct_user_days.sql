with user_platform_days as (
    select * from {{ ref('int_user_platform_days') }}
),

user_days as (
    select * from {{ ref('int_user_days') }}
),

user_lifetimes as (
    select * from {{ ref('int_user_lifetimes') }}
),

{%- if has_records_of('bank') %}

user_day_segments as (
    select * from {{ ref('int_user_day_segments') }}
),
{%- endif %}

neighbouring_days as (
    {{ neighbouring_days('user_days') | indent }}
),

lifecycle_days as (
    select
        user_id,
        activity_date,
        {{ lifecycle_state() | indent(8) }} as lifecycle_state,
        case
            when next_activity_date is null or next_activity_date > churn_date
                then cast(churn_date as date)
        end as churn_date
    from neighbouring_days
),

described_days as (
    select
        user_platform_days.user_id,
        user_platform_days.platform,
        coalesce(user_lifetimes.acquisition_platform, 'unknown') as acquisition_platform,
        coalesce(user_lifetimes.acquisition_campaign_id, 'no_campaign') as acquisition_campaign,
        {%- if has_records_of('bank') %}
        coalesce(user_day_segments.user_segment, 'unknown') as user_segment,
        {%- else %}
        'unknown' as user_segment,
        {%- endif %}
        lifecycle_days.lifecycle_state,
        user_lifetimes.first_active_date = user_platform_days.activity_date as is_first_day,
        user_platform_days.event_count,
        user_platform_days.activity_date,
        lifecycle_days.churn_date
    from user_platform_days
    inner join user_lifetimes on user_platform_days.user_id = user_lifetimes.user_id
    inner join lifecycle_days
        on
            user_platform_days.user_id = lifecycle_days.user_id
            and user_platform_days.activity_date = lifecycle_days.activity_date
    {%- if has_records_of('bank') %}
    left join user_day_segments
        on
            user_platform_days.user_id = user_day_segments.user_id
            and user_platform_days.activity_date = user_day_segments.activity_date
    {%- endif %}
)

select * from described_days
