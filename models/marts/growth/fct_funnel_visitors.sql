with funnel_steps as (
    select * from {{ ref('fct_funnel_steps') }}
),

user_lifetimes as (
    select * from {{ ref('int_user_lifetimes') }}
),

{%- if has_records_of('bank') %}

user_states as (
    select
        user_id,
        segment,
        {{ business_date('valid_from') }} as valid_from_date,
        {{ business_date('valid_to') }} as valid_to_date
    from {{ ref('dim_user_states') }}
),
{%- endif %}

attempts as (
    select
        attempt_id,
        funnel,
        visitor_id,
        entry_date,
        max(step_number) as last_step_number,
        min(case when step_number = 1 then platform end) as platform,
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
        *,
        row_number() over (
            partition by funnel, visitor_id, entry_date
            order by last_step_number desc, entered_at asc, attempt_id asc
        ) as attempt_number
    from attempts
),

acquired_users as (
    select
        {{ visitor('user_id', 'cast(null as varchar)') }} as visitor_id,
        user_id,
        coalesce(acquisition_platform, 'unknown') as acquisition_platform,
        coalesce(acquisition_campaign_id, 'no_campaign') as acquisition_campaign
    from user_lifetimes
),

funnel_visitors as (
    select
        attempts.attempt_id,
        attempts.funnel,
        attempts.visitor_id,
        attempts.platform,
        {%- if has_records_of('bank') %}
        coalesce(user_states.segment, 'unknown') as user_segment,
        {%- else %}
        'unknown' as user_segment,
        {%- endif %}
        coalesce(acquired_users.acquisition_platform, 'unknown') as acquisition_platform,
        coalesce(acquired_users.acquisition_campaign, 'unknown') as acquisition_campaign,
        attempts.last_step_number,
        attempts.entry_date,
        attempts.entered_at
    from numbered_attempts as attempts
    left join acquired_users on attempts.visitor_id = acquired_users.visitor_id
    {%- if has_records_of('bank') %}
    left join user_states
        on
            acquired_users.user_id = user_states.user_id
            and {{ is_valid_at(
                'attempts.entry_date', 'user_states.valid_from_date', 'user_states.valid_to_date'
            ) | indent(12) }}
    {%- endif %}
    where attempts.attempt_number = 1
)

select * from funnel_visitors
