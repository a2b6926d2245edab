{#
    A query of the rows of quality_policies that cannot be decided by. The test
    quality_policies_can_be_judged runs it, and `logmart quality run` without dbt. So it uses no
    other macro.

    in:  policies: the seed, or the same columns of its file
    out: policy_id, fault: what is wrong with the row, and the remedy
#}
{% macro policy_faults(policies) -%}
with policies as (
    select * from {{ policies }}
),

faults as (
    select
        policy_id,
        'its stage is none of raw, mart and anomaly' as fault
    from policies
    where coalesce(stage not in ('raw', 'mart', 'anomaly'), true)
    union all
    select
        policy_id,
        'its action is none of slack, quarantine, retry and break' as fault
    from policies
    where coalesce(action not in ('slack', 'quarantine', 'retry', 'break'), true)
    union all
    select
        policy_id,
        'only a file can be quarantined: make its stage raw' as fault
    from policies
    where action = 'quarantine' and stage <> 'raw'
    union all
    select
        policy_id,
        'an anomaly does not heal by a retry: make its action slack or break' as fault
    from policies
    where action = 'retry' and stage = 'anomaly'
    union all
    select
        policy_id,
        'its severity is none of info, warning and critical' as fault
    from policies
    where severity not in ('info', 'warning', 'critical')
    union all
    select
        policy_id,
        'max_share is not within 0 and 1' as fault
    from policies
    where coalesce(max_share not between 0 and 1, true)
    union all
    select
        policy_id,
        'least_checked is below 0 or empty' as fault
    from policies
    where coalesce(least_checked < 0, true)
    union all
    select
        policy_id,
        'max_share and least_checked are not 0: only checks on files count what they look at'
            as fault
    from policies
    where stage in ('mart', 'anomaly') and (max_share <> 0 or least_checked <> 0)
    union all
    select
        policy_id,
        'its check_name is no check on files, such as truncated or wrong_type:transfers.amount'
            as fault
    from policies
    where
        stage = 'raw'
        and split_part(check_name, ':', 1) not in (
            '*', 'error', 'truncated', 'volume', 'unreadable_line', 'unplanned_event',
            'rejected_line', 'missing_required', 'wrong_type', 'not_allowed', 'out_of_range',
            'pattern_mismatch'
        )
    union all
    select
        policy_id,
        'policy_id, check_name or subject is empty' as fault
    from policies
    where
        coalesce(policy_id, '') = '' or coalesce(check_name, '') = '' or coalesce(subject, '') = ''
    union all
    select
        min(policy_id) as policy_id,
        'another row has its policy_id' as fault
    from policies
    group by policy_id
    having count(*) > 1
    union all
    select
        max(policy_id) as policy_id,
        'another row has its stage, check_name and subject: which one holds is not clear' as fault
    from policies
    group by stage, check_name, subject
    having count(*) > 1
)

select
    policy_id,
    fault
from faults
{%- endmacro %}
