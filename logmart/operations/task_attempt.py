"""Runs one attempt of a task of the pipeline as a process of its own, and lands what it did.

Airflow and `logmart operations nightly` both call it, so their records are equal.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from logmart.failure_kinds import failure_kind, is_transient_text
from logmart.operations.dbt_results import check_results
from logmart.operations.landing import land
from logmart.operations.pipeline import BY_NAME, Attempt, Run, command
from logmart.operations.task_records import Record, action_taken
from logmart.policies.kept_decisions import read_decisions
from logmart.settings import PROJECT, settings

# dbt copies variables with this prefix into its artifacts: they tell whose results these are.
_ARTIFACT_VARIABLE = "DBT_ENV_CUSTOM_ENV_LOGMART_RUN_ID"
_ARTIFACT_KEY = "LOGMART_RUN_ID"
# How a command says which business date is the last complete one in what it wrote.
_DATA_DATE = re.compile(r"\bcomplete up to (\d{4}-\d{2}-\d{2})\b")
_OWN_LINE = re.compile(r"logmart(?:-catalog \w+)?: ")
_NOT_PASSED = frozenset({"error", "fail", "runtime error", "partial success"})


class AttemptError(Exception):
    """An attempt failed; its text is the line that the command ended with."""

    kind = ""


class TransientFailure(AttemptError):  # noqa: N818 (Airflow shows the name)
    """Another attempt may succeed."""

    kind = "transient"


class PermanentFailure(AttemptError):  # noqa: N818 (Airflow shows the name)
    """No attempt can succeed before somebody changes something."""

    kind = "permanent"


@dataclass(frozen=True)
class Ended:
    """How a process ended: its exit code, the line that says why, and the date of its data."""

    code: int
    last_line: str
    data_date: date | None


def run_attempt(attempt: Attempt) -> date | None:
    """Run an attempt to its end; land its check results, and the retry that it is.

    Return the last complete business date of what it delivered, if it names one. Raises
    TransientFailure or PermanentFailure.
    """
    landing, target = PROJECT / settings().landing, PROJECT / settings().target
    run, is_build = attempt.run, attempt.task == "build"
    continues = is_build and attempt.number > 1 and can_continue(target, run.run_id)
    started = datetime.now(UTC)
    words = command(attempt, started, os.environ, continues=continues)
    ended = _run(words, {_ARTIFACT_VARIABLE: run.run_id})
    has_succeeded = ended.code in BY_NAME[attempt.task].completed
    action = "dbt_retry" if continues else "retry"
    landed: dict[str, list[Record]] = {
        "check_results": _build_results(target, run, started) if is_build else [],
        "actions": [_retry(attempt, action, has_succeeded)] if attempt.number > 1 else [],
    }
    for entity, records in landed.items():
        if records:
            now = datetime.now(UTC)
            land(landing, entity, records, writer=run.orchestrator, name=attempt.name, at=now)
    if has_succeeded:
        return ended.data_date
    kind = failure_kind(ended.code, ended.last_line)
    raise (TransientFailure if kind == "transient" else PermanentFailure)(ended.last_line)


def land_task_run(attempt: Attempt, record: Record) -> None:
    """Land the record of the start or the end of an attempt."""
    landing, at = PROJECT / settings().landing, datetime.fromisoformat(record["occurredAt"])
    land(landing, "task_runs", [record], writer=attempt.run.orchestrator, name=attempt.name, at=at)


def can_continue(target: Path, run_id: str) -> bool:
    """Return whether a build can go on from its failed nodes: the results in dbt's target folder
    are this run's, of a whole build, and each of their failures may go away by itself.
    """
    document = _read(target / "run_results.json")
    if document.get("metadata", {}).get("env", {}).get(_ARTIFACT_KEY) != run_id:
        return False
    arguments = document["args"]
    if arguments["which"] != "build" or arguments.get("select") or arguments.get("exclude"):
        return False
    failures = [one for one in document["results"] if one["status"] in _NOT_PASSED]
    return bool(failures) and all(is_transient_text(one["message"] or "") for one in failures)


def _run(words: list[str], environment: Mapping[str, str]) -> Ended:
    """Run a command in the project's folder and print what it prints."""
    process = subprocess.Popen(
        words,
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    last, own, data_date = "", "", None
    assert process.stdout is not None
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            last = line.strip() or last
            own = line.strip() if _OWN_LINE.match(line) else own
            dated = _DATA_DATE.search(line)
            data_date = date.fromisoformat(dated[1]) if dated else data_date
        code = process.wait()
    except BaseException:  # Also when Airflow ends the task: the command is not left behind.
        process.terminate()
        process.wait()
        raise
    if code < 0:
        return Ended(code, f"killed by {signal.Signals(-code).name}", data_date)
    return Ended(code, _OWN_LINE.sub("", own, count=1) or last, data_date)


def _retry(attempt: Attempt, action: str, has_succeeded: bool) -> Record:
    return action_taken(
        attempt,
        action,
        datetime.now(UTC),
        subjectKind="task",
        subject=attempt.task,
        outcome="succeeded" if has_succeeded else "failed",
    )


def _build_results(target: Path, run: Run, since: datetime) -> list[Record]:
    """Return the check results of a build, none when it ended before dbt wrote its results."""
    manifest, results = _read(target / "manifest.json"), _read(target / "run_results.json")
    if results.get("metadata", {}).get("env", {}).get(_ARTIFACT_KEY) != run.run_id:
        return []
    return check_results(manifest, results, run, since, read_decisions(target, results))


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return document
