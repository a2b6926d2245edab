{{ config(enabled=has_records_of('operations')) }}
-- Fails, before the ledger is built, on a row of sla_policies, pipeline_tasks or on_call that is
-- wrong. The result names the row and what is wrong with it.
with policies as (
    select * from {{ ref('sla_policies') }}
),

tasks as (
    select * from {{ ref('pipeline_tasks') }}
),

on_call as (
    select * from {{ ref('on_call') }}
),

faults as (
    select
        'sla_policies' as seed,
        policy_id as row_key,
        'due_time is ' || due_time || ': make it HH:MM' as fault
    from policies
    where
        length(due_time) <> 5
        or substr(due_time, 3, 1) <> ':'
        or coalesce(try_cast(substr(due_time, 1, 2) as bigint), 99) not between 0 and 23
        or coalesce(try_cast(substr(due_time, 4, 2) as bigint), 99) not between 0 and 59
    union all
    select
        'sla_policies' as seed,
        policy_id as row_key,
        'weekdays is ' || weekdays || ': name them as mon tue wed thu fri sat sun' as fault
    from policies
    where
        trim(weekdays) = ''
        or trim({{ logmart.without_texts(
            'weekdays', ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
        ) }}) <> ''
    union all
    select
        'sla_policies' as seed,
        policy_id as row_key,
        'grace_minutes is below 0, target_share not within 0 and 1, or valid_from after valid_until'
            as fault
    from policies
    where grace_minutes < 0 or target_share not between 0 and 1 or valid_from > valid_until
    union all
    select
        'pipeline_tasks' as seed,
        tasks.task as row_key,
        'ancestors names a task that has no row' as fault
    from tasks
    left join tasks as ancestors on {{ holds_name('tasks.ancestors', 'ancestors.task', ' ') }}
    group by tasks.task, tasks.ancestors
    having
        coalesce(sum(length(ancestors.task) + 1), 0) <> coalesce(length(tasks.ancestors) + 1, 0)
    union all
    select
        'on_call' as seed,
        owner || ' ' || cast(escalation_level as varchar) as row_key,
        'levels of an owner begin with 0 and leave none out' as fault
    from (
        select
            *,
            row_number() over (partition by owner order by escalation_level) - 1 as expected_level
        from on_call
    ) as levels
    where escalation_level <> expected_level
)

select * from faults
