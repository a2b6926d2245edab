{{ config(enabled=has_records_of('bank')) }}

with user_days as (
    select * from {{ ref('int_user_days') }}
),

user_states as (
    select
        user_id,
        segment,
        {{ business_date('valid_from') }} as valid_from_date,
        {{ business_date('valid_to') }} as valid_to_date
    from {{ ref('dim_user_states') }}
),

{# Where a user changed state several times on one date, the last state counts for the date. #}
user_day_segments as (
    select
        user_days.user_id,
        user_states.segment as user_segment,
        user_days.activity_date
    from user_days
    inner join user_states
        on
            user_days.user_id = user_states.user_id
            and {{ is_valid_at(
                'user_days.activity_date',
                'user_states.valid_from_date',
                'user_states.valid_to_date'
            ) | indent(12) }}
)

select * from user_day_segments
