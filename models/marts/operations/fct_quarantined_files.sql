{{ config(enabled=has_records_of('operations')) }}

with file_actions as (
    select * from {{ ref('int_file_actions') }}
),

quarantines as (
    select * from file_actions
    where action = 'quarantine'
),

releases as (
    select * from file_actions
    where action = 'release'
),

numbered_releases as (
    select
        quarantines.action_id,
        releases.reason,
        releases.actor,
        releases.occurred_at,
        row_number() over (
            partition by quarantines.action_id order by releases.occurred_at, releases.action_id
        ) as release_number
    from quarantines
    inner join releases
        on
            quarantines.landing_file = releases.landing_file
            and quarantines.occurred_at <= releases.occurred_at
),

quarantined_files as (
    select
        quarantines.action_id,
        quarantines.landing_file,
        split_part(quarantines.landing_file, '/', 1) as source,
        {{ try_cast("split_part(split_part(quarantines.landing_file, '/', 2), '=', 2)", 'date') }}
            as landed_date,
        quarantines.policy_id,
        quarantines.reason,
        numbered_releases.reason as release_kind,
        numbered_releases.actor as released_by,
        numbered_releases.action_id is null as is_quarantined,
        quarantines.occurred_at as quarantined_at,
        numbered_releases.occurred_at as released_at
    from quarantines
    left join numbered_releases
        on
            quarantines.action_id = numbered_releases.action_id
            and numbered_releases.release_number = 1
)

select * from quarantined_files
