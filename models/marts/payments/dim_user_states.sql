{{ config(enabled=has_records_of('bank')) }}

with snapshotted_states as (
    select * from {{ ref('bank_user_states') }}
),

{# Rows of the snapshot that were corrected later are not states of the user. #}
states as (
    select * from snapshotted_states
    where dbt_valid_to is null
),

present as (
    select max({{ now('landed_at') }}) as now_at
    from states
),

ordered_states as (
    select
        *,
        row_number() over (partition by user_id order by updated_at) as state_number,
        lead(updated_at) over (partition by user_id order by updated_at) as next_updated_at
    from states
),

user_states as (
    select
        ordered_states.user_id,
        ordered_states.state_number,
        ordered_states.region,
        ordered_states.segment,
        ordered_states.user_status,
        ordered_states.has_marketing_consent,
        coalesce(
            ordered_states.updated_at <= present.now_at
            and coalesce(ordered_states.next_updated_at > present.now_at, true),
            false
        ) as is_current,
        ordered_states.created_at,
        ordered_states.updated_at as valid_from,
        ordered_states.next_updated_at as valid_to
    from ordered_states
    cross join present
)

select * from user_states
