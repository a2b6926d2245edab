{{ config(enabled=has_records_of('operations')) }}

with landed_actions as (
    select * from {{ ref('stg_operations__actions') }}
    where
        is_valid
        and subject_kind = 'file'
        and action in ('quarantine', 'release')
        and outcome = 'succeeded'
),

{# An action may land twice. #}
numbered_actions as (
    select
        *,
        row_number() over (
            partition by action_id order by occurred_at, landing_file, line_number
        ) as copy_number
    from landed_actions
),

file_actions as (
    select
        action_id,
        action,
        subject as landing_file,
        run_id,
        policy_id,
        actor,
        reason,
        occurred_at
    from numbered_actions
    where copy_number = 1
)

select * from file_actions
