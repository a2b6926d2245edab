"""Gives check results what the policies of seeds/quality_policies.csv say of them.

`logmart mart build` decides, and keeps the decisions beside dbt's results. Whoever lands the
results reads them there: Airflow's environment has no DuckDB, which decides.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "quality_decisions.json"
Record = dict[str, Any]
Decisions = Mapping[str, Mapping[str, str]]
"""The severity, policy_id and action of each result, by `key()`."""


def key(subject: str, check: str) -> str:
    """Return what identifies a result within a build."""
    return f"{subject} {check}"


def with_decision(record: Record, decisions: Decisions) -> Record:
    """Return a record with severity and action of its policy, and with the policy named."""
    decision = decisions.get(key(record["subject"], record["check"]))
    if decision is None or decision["action"] == "none":
        return record
    follows = f"policy {decision['policy_id']}: {decision['action']}"
    found = [each for each in (record.get("message"), follows) if each]
    return {
        **record,
        "severity": decision["severity"],
        "action": decision["action"],
        "message": ", ".join(found),
    }


def read_decisions(target: Path, run_results: Mapping[str, Any]) -> Decisions:
    """Return the decisions on dbt's results of a folder; none where those are of other results."""
    try:
        document = json.loads((target / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    of_results = (run_results.get("metadata") or {}).get("invocation_id")
    found: Decisions = document["decisions"] if document["invocation_id"] == of_results else {}
    return found
