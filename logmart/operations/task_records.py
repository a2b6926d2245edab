"""Makes the records of `task_runs` and `actions`: what the pipeline did, as it lands."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from logmart.operations.landing import utc_text
from logmart.operations.pipeline import BY_NAME, Attempt

Record = dict[str, Any]
_MOST_CHARACTERS = 300
# A value stands in quotes, is an address or an id, or has many digits: a telephone number, a card,
# an amount. Paths, dates and versions are not values.
_VALUES = re.compile(
    r"""
    '[^'\n]*' | "[^"\n]*"
    | [\w.+-]+@[\w.-]+
    | \b[a-z]{1,3}_\d+\b | (?<![\w./-])[A-Z]{1,3}\d{6,}\b
    | \b[\da-fA-F]{8}(?:-[\da-fA-F]{4}){3}-[\da-fA-F]{12}\b
    | (?<![\w./-])\+?\d{2,4}(?:[ -]\d{3,4}){2,3}(?![\w/-])
    | (?<![\w./-])\d{1,3}(?:\.\d{1,3}){3}(?![\w./-])
    | (?<![\w./-])\d{6,}(?:\.\d+)?(?![\w/-]|\.\w)
    """,
    re.VERBOSE,
)


def masked(text: str) -> str:
    """Return a message as one line in which values are replaced by their shapes."""
    line = " ".join(text.split())
    shown = _VALUES.sub(lambda found: shape(found[0]), line)
    return shown if len(shown) <= _MOST_CHARACTERS else shown[: _MOST_CHARACTERS - 1] + "…"


def shape(value: str) -> str:
    """Return a text in which each letter is `a` and each digit is `9`."""
    inner = re.sub(r"[A-Za-z]|[^\x00-\x7f]", "a", value)
    return re.sub(r"\d", "9", inner)


def task_started(attempt: Attempt, at: datetime) -> Record:
    """Return the record of the start of an attempt."""
    return _task_run(attempt, "started", at)


def task_succeeded(attempt: Attempt, at: datetime, data_date: date | None = None) -> Record:
    """Return the record of an attempt that succeeded: `data_date` is the last complete business
    date that the task delivered.
    """
    dated = {} if data_date is None else {"dataDate": data_date.isoformat()}
    return {**_task_run(attempt, "succeeded", at), **dated}


def task_failed(attempt: Attempt, at: datetime, failure_kind: str, failure: str) -> Record:
    """Return the record of a failed attempt: the task's rule says whether it is the last one."""
    rule = BY_NAME[attempt.task.partition("/")[0]].retry
    return {
        **_task_run(attempt, "failed", at),
        "isFinal": rule.is_final(attempt.number, failure_kind),
        "failureKind": failure_kind,
        "failure": masked(failure),
    }


def task_skipped(attempt: Attempt, at: datetime, reason: str) -> Record:
    """Return the record of a task that was not run, with the reason."""
    return {**_task_run(attempt, "skipped", at), "failure": reason}


def action_taken(attempt: Attempt, action: str, at: datetime, **fields: str) -> Record:
    """Return the record of an action in an attempt.

    In: further fields, such as `outcome` and `dataDate`; empty ones are left out.
    """
    run = attempt.run
    return {
        "actionId": f"{run.run_id}/{attempt.task}/{action}/{attempt.number}",
        "action": action,
        "runId": run.run_id,
        "runDate": run.run_date.isoformat(),
        "task": attempt.task,
        "actor": run.orchestrator,
        **{key: value for key, value in fields.items() if value},
        "occurredAt": utc_text(at),
    }


def _task_run(attempt: Attempt, state: str, at: datetime) -> Record:
    return {
        "runId": attempt.run.run_id,
        "runDate": attempt.run.run_date.isoformat(),
        "task": attempt.task,
        "attempt": attempt.number,
        "orchestrator": attempt.run.orchestrator,
        "state": state,
        "occurredAt": utc_text(at),
    }
