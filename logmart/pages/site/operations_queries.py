"""The queries of what a scorecard shows of ingestion, operations and data quality."""

FINDINGS = """
select severity, finding, source, event_name, property, platform, app_version, started_date,
    observed_count, compared_count
from marts.ingestion_findings
where is_ongoing
order by severity, started_date, finding_id
"""
ANOMALIES = """
select metric, finding, severity, started_date, observed_value, compared_value
from marts.metric_anomalies
where is_ongoing
order by severity, started_date, metric
"""
DELIVERIES = """
select policy_id, any_value(subject_kind), any_value(subject), any_value(policy_kind),
    any_value(owner), count(*), count(*) filter (where is_on_time), max(target_share),
    max(due_date) filter (where not is_on_time),
    arg_max(sla_status, due_date) filter (where not is_on_time),
    arg_max(fallback_data_date, due_date) filter (where not is_on_time)
from marts.sla_ledger
where is_counted
    and due_date > (select max(due_date) from marts.sla_ledger where is_counted) - to_days(28)
group by policy_id
order by policy_id
"""
INCIDENTS = """
select opened_at, incident_kind, incident_name, subject, owner, severity, incident_state, observed,
    affected_count, breach_count, fallback_data_date, minutes_to_resolve
from marts.incidents
order by incident_state = 'resolved', opened_at desc, incident_id
limit 12
"""
STAGES = """
select stage, platform, max(run_date) as run_date, arg_max(check_count, run_date) as check_count,
    arg_max(passed_count, run_date) as passed_count,
    arg_max(warned_count, run_date) as warned_count,
    arg_max(failed_count, run_date) as failed_count, arg_max(error_count, run_date) as error_count,
    arg_max(skipped_count, run_date) as skipped_count,
    arg_max(last_checked_at, run_date) as last_checked_at
from marts.quality_results_daily
group by stage, platform
order by list_position(['raw', 'mart', 'anomaly'], stage), platform
"""
DECISIONS = """
select stage, action, policy_id, arg_max(severity, checked_at) as severity,
    count(*) as decision_count,
    arg_max(check_name, checked_at) as check_name, arg_max(subject, checked_at) as subject,
    max(checked_at) as last_checked_at
from marts.quality_decisions
where is_reported and run_date > (
    select max(run_date) from marts.quality_results_daily
) - to_days(28)
group by stage, action, policy_id
order by list_position(['raw', 'mart', 'anomaly'], stage), action, policy_id
"""
QUARANTINED = """
select landing_file, policy_id, reason, quarantined_at
from marts.fct_quarantined_files
where is_quarantined
order by quarantined_at desc, landing_file
"""
MIGRATED = """
select source_table, target_table, migration_status, status_since_at, source_row_count,
    copied_row_count, deleted_row_count, differing_chunk_count, chunk_count, verified_at
from marts.migrated_tables
order by source_table, target_table
"""
