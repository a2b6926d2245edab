{#
    A query of what follows from check results: the one definition of it. The mart quality_decisions
    runs it on all landed results; `logmart quality run` renders it without dbt, and runs it on the
    results of files that are not loaded yet. So it uses no macro of another folder, and plain SQL.

    in:  results: a relation of check results: run_id, run_date, stage, check_name, subject_kind,
             subject, check_status, severity, failure_count, checked_count, checked_at
         policies: the seed quality_policies
         returned_files: a relation with a column landing_file: files that a person has put back
    out: one row a result that did not pass and that a policy covers: the columns of the results,
         failed_share (failure_count by checked_count; null where nothing was counted), policy_id,
         severity (that of the policy, else that of the result), action, which is `none` up to the
         policy's max_share and below its least_checked, and is_reported: whether the result is to
         be told, which of several results on one file only the worst is
    A policy's check_name is a check's whole name, its class or `*`; its subject is a whole subject,
    a file's source or `*`. Of several policies the one with the closest subject holds, then the one
    with the closest check. The class is the part before the colon; of an anomaly, the finding; at
    the mart, the status. An expectation that raised (`error`) has the class `error`: it says
    nothing about the data, so it never moves a file. Nor is a file moved that a person has put
    back. What dbt calls an error breaks the build whatever a policy says, because dbt does.
#}
{% macro quality_decisions(results, policies, returned_files) -%}
with classed_results as (
    {{ classed_results(results) | indent }}
),

covered_results as (
    select
        results.*,
        policies.policy_id,
        coalesce(policies.severity, results.severity) as decided_severity,
        policies.max_share,
        policies.least_checked,
        policies.action as policy_action,
        row_number() over (
            partition by
                results.run_id,
                results.subject_kind,
                results.subject,
                results.check_name,
                results.checked_at
            order by
                case policies.subject
                    when results.subject then 1
                    when results.subject_source then 2
                    else 3
                end,
                case policies.check_name
                    when results.check_name then 1
                    when results.check_class then 2
                    else 3
                end,
                policies.policy_id
        ) as policy_rank
    from classed_results as results
    inner join {{ policies }} as policies
        on
            results.stage = policies.stage
            and policies.subject in (results.subject, results.subject_source, '*')
            and policies.check_name in (
                case
                    when results.check_status <> 'error' or results.stage = 'mart'
                        then results.check_name
                end,
                results.check_class,
                '*'
            )
),

decisions as (
    select
        run_id,
        run_date,
        stage,
        check_name,
        subject_kind,
        subject,
        check_status,
        failure_count,
        checked_count,
        failed_share,
        policy_id,
        decided_severity as severity,
        case
            when stage = 'mart' and check_status in ('failed', 'error') then 'break'
            when check_status = 'error' and policy_action = 'quarantine' then 'slack'
            when check_status = 'error' then policy_action
            when checked_count < least_checked or failed_share <= max_share then 'none'
            when
                policy_action = 'quarantine'
                and (
                    subject_kind <> 'file'
                    or subject in (select landing_file from {{ returned_files }})
                )
                then 'slack'
            else policy_action
        end as action,
        checked_at
    from covered_results
    where policy_rank = 1
),

ranked_decisions as (
    select
        *,
        row_number() over (
            partition by run_id, subject_kind, subject, action = 'none'
            order by
                case action when 'quarantine' then 1 when 'break' then 2 else 3 end,
                case severity when 'critical' then 1 when 'warning' then 2 else 3 end,
                check_name
        ) as report_rank
    from decisions
),

reported_decisions as (
    select
        run_id,
        run_date,
        stage,
        check_name,
        subject_kind,
        subject,
        check_status,
        failure_count,
        checked_count,
        failed_share,
        policy_id,
        severity,
        action,
        action <> 'none' and (subject_kind <> 'file' or report_rank = 1) as is_reported,
        checked_at
    from ranked_decisions
)

select * from reported_decisions
{%- endmacro %}


{#
    A query of the check results that a policy can cover, each with check_class, subject_source and
    failed_share, as quality_decisions() needs them. Of raw files each file counts by itself: what
    Great Expectations says of an event in all files together moves none.

    in:  results: as for quality_decisions()
#}
{% macro classed_results(results) -%}
select
    *,
    case
        when check_status = 'error' or stage = 'mart' then check_status
        when stage = 'anomaly' then split_part(check_name, ' ', 1)
        else split_part(check_name, ':', 1)
    end as check_class,
    case
        when subject_kind = 'file' then split_part(subject, '/', 1) else subject
    end as subject_source,
    cast(failure_count as double) / nullif(checked_count, 0) as failed_share
from {{ results }}
where
    check_status in ('warned', 'failed', 'error')
    and (stage <> 'raw' or subject_kind = 'file' or check_status = 'error')
{%- endmacro %}
