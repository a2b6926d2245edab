"""The records of what operates the mart: one run of the pipeline a night, some with a fault.

A night begins at 02:00 in Seoul. Its random generator is its own, so that the other sources do not
depend on it. The faults are listed among the planted defects.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from random import Random

from logmart.sample.clock import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SECOND_MS,
    day_text,
    iso,
    utc_date_text,
    weekday,
)
from logmart.sample.ids import make_uuid
from logmart.sample.migration import migration_lines
from logmart.sample.parameters import Parameters

_STARTS_AT_MS = 17 * HOUR_MS
"""02:00 of the next day in Seoul."""
_LATE_MS = 5 * HOUR_MS
_SATURDAY = 5
# How many nights of sixty have each fault. The first and the last night have none.
_FAULTS = {
    "late_build": 2,
    "late_report": 2,
    "orchestrator_down": 2,
    "failed_then_fallback": 2,
    "retried_in_time": 3,
    "killed_worker": 1,
    "doubled_callback": 1,
    "root_failure": 1,
}
_NIGHTS_A_PERIOD = 60
_LAND_CHECKS = ("land_check/app", "land_check/bank", "land_check/crm")
_AFTER_BUILD = ("pages", "catalog_apply", "catalog_verify")
_MINUTES = {
    **dict.fromkeys(_LAND_CHECKS, (1, 3)),
    "build": (12, 22),
    "pages": (1, 3),
    "catalog_apply": (2, 4),
    "catalog_verify": (1, 2),
}
# The models below int_sessions, and what is above it: a part of the project's graph.
_ROOT = "int_sessions"
_ABOVE_ROOT = ("app", "base_app__events", "int_judged_events", "int_sessionized_events")
_BELOW_ROOT = (
    *("dim_devices", "fct_sessions", "int_device_users", "int_session_identities"),
    *("active_users_by_dimension_daily", "fct_events", "fct_user_days", "int_user_lifetimes"),
)
_FURTHER_BELOW = (
    *("cohort_amounts", "fct_funnel_steps", "fct_funnel_visitors", "fct_new_users"),
    *("funnel_conversions_daily", "funnel_visitors_daily", "retention_cohorts"),
    *("int_engagement_metrics", "int_growth_metrics", "int_payments_metrics"),
    *("int_handwritten_metrics", "int_metric_versions", "metric_restatements"),
    *("metric_targets_monthly", "metrics_compared", "metrics_daily"),
)
_CHECKED_MODELS = (_ROOT, "fct_sessions", "metrics_daily")

Record = dict[str, object]


@dataclass
class OperationsLog:
    """The lines of the landing files by name, without suffix, and the planted faults."""

    lines: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    planted: list[Record] = field(default_factory=list)


@dataclass
class _Run:
    """One run of the pipeline, and the moment at which its next task can start."""

    log: OperationsLog
    rng: Random
    run_id: str
    run_date: str
    data_date: str
    clock_ms: int

    def task(
        self,
        task: str,
        *,
        attempt: int = 1,
        delay_ms: int = 0,
        failure: Record | None = None,
        is_killed: bool = False,
    ) -> None:
        """Land the start and the end of an attempt; the next one starts when it has ended."""
        self._record(task, attempt, "started", {})
        least, most = _MINUTES[task]
        self.clock_ms += self.rng.randint(least * MINUTE_MS, most * MINUTE_MS) + delay_ms
        if is_killed:
            return
        if failure is None:
            self._record(task, attempt, "succeeded", {"dataDate": self.data_date})
        else:
            self._record(task, attempt, "failed", failure)

    def skip(self, *tasks: str) -> None:
        """Land that tasks were not started, because one above them failed."""
        for task in tasks:
            self._record(task, 1, "skipped", {})

    def check(self, model: str, **fields: object) -> None:
        """Land the result of building a model."""
        record: Record = {
            "runId": self.run_id,
            "runDate": self.run_date,
            "task": "build",
            "stage": "mart",
            "platform": "dbt",
            "check": model,
            "checkKind": "model",
            "subjectKind": "model",
            "subject": model,
            "status": "passed",
            "severity": "critical",
            "owner": "growth" if model == "metrics_daily" else "engagement",
            **fields,
            "checkedAt": iso(self.clock_ms),
        }
        self._land("check_results", record)

    def act(self, action: str, **fields: object) -> None:
        """Land an action of the orchestrator."""
        record: Record = {
            "actionId": make_uuid(self.rng),
            "action": action,
            "runId": self.run_id,
            "runDate": self.run_date,
            **fields,
            "outcome": "succeeded",
            "actor": "sample",
            "occurredAt": iso(self.clock_ms),
        }
        self._land("actions", record)

    def repeat_last_end(self) -> None:
        """Land the last record of a task once more, as a callback that fires twice does."""
        lines = self.log.lines[self._file("task_runs")]
        lines.append(lines[-1])

    def _record(self, task: str, attempt: int, state: str, fields: Record) -> None:
        record: Record = {
            "runId": self.run_id,
            "runDate": self.run_date,
            "task": task,
            "attempt": attempt,
            "orchestrator": "sample",
            "state": state,
            **fields,
            "occurredAt": iso(self.clock_ms),
        }
        self._land("task_runs", record)

    def _land(self, entity: str, record: Record) -> None:
        self.log.lines[self._file(entity)].append(json.dumps(record, separators=(",", ":")))

    def _file(self, entity: str) -> str:
        return f"operations/dt={utc_date_text(self.clock_ms)}/{entity}-{self.run_id}"


def operations_log(parameters: Parameters) -> OperationsLog:
    """Return what the pipeline landed in the window, one night for each landed day."""
    rng = Random(f"{parameters.seed}:operations")
    log = OperationsLog()
    faults = {} if parameters.is_clean else _faults(parameters, rng)
    for index in range(parameters.days):
        fault = faults.get(index)
        run = _run(log, rng, parameters.start_ms + index * DAY_MS)
        if fault is not None:
            log.planted.append({"kind": fault, "key": run.run_date, "detail": {}})
        _night(run, fault)
    log.lines.update(migration_lines(parameters))
    return log


def _faults(parameters: Parameters, rng: Random) -> dict[int, str]:
    """Draw the nights of the faults: before working days, because no report is due on others."""
    nights = [
        index
        for index in range(1, parameters.days - 1)
        if weekday(parameters.start_ms // DAY_MS + index + 1) < _SATURDAY
    ]
    kinds = [
        kind
        for kind, count in _FAULTS.items()
        for _ in range(round(count * parameters.days / _NIGHTS_A_PERIOD))
    ]
    rng.shuffle(nights)
    return dict(zip(nights, kinds, strict=False))


def _run(log: OperationsLog, rng: Random, day_ms: int, number: int = 1) -> _Run:
    epoch_day = day_ms // DAY_MS
    run_date = day_text(epoch_day + 1)
    run_id = f"sample-{run_date}" + (f"-{number}" if number > 1 else "")
    clock_ms = day_ms + _STARTS_AT_MS + rng.randrange(60) * SECOND_MS
    return _Run(log, rng, run_id, run_date, day_text(epoch_day), clock_ms)


def _night(run: _Run, fault: str | None) -> None:
    """Land one night; see the table of planted faults in README.md."""
    if fault == "orchestrator_down":
        return
    for task in _LAND_CHECKS:
        if fault == "retried_in_time" and task == "land_check/app":
            failure = _failure("transient", "connection to the landing zone was reset")
            run.task(task, failure={**failure, "isFinal": False})
            run.act("retry", task=task, reason="attempt 2 of 3")
            run.task(task, attempt=2)
        else:
            run.task(task)
    if fault == "root_failure":
        _break_at_root(run)
        run = _run(run.log, run.rng, _day_ms(run), number=2)
        run.clock_ms += _LATE_MS
    if fault == "killed_worker":
        run.task("build", is_killed=True)
    attempt = 2 if fault == "killed_worker" else 1
    run.task("build", attempt=attempt, delay_ms=_LATE_MS if fault == "late_build" else 0)
    if fault == "doubled_callback":
        run.repeat_last_end()
    for model in _CHECKED_MODELS:
        run.check(model)
    _publish_pages(run, fault)
    run.task("catalog_apply")
    run.task("catalog_verify")


def _publish_pages(run: _Run, fault: str | None) -> None:
    if fault == "failed_then_fallback":
        failure = _failure("permanent", "the template of company_scorecard cannot be rendered")
        run.task("pages", failure={**failure, "isFinal": True})
        fields: Record = {"task": "pages", "policyId": "company_report"}
        subject: Record = {"subjectKind": "exposure", "subject": "company_scorecard"}
        run.act("fallback", **fields, **subject, dataDate=day_text(_day_ms(run) // DAY_MS - 1))
    else:
        run.task("pages", delay_ms=_LATE_MS if fault == "late_report" else 0)


def _break_at_root(run: _Run) -> None:
    """Fail the build at one model: all models below it are skipped, and all tasks after it."""
    failure = _failure("permanent", f"model {_ROOT} failed, {len(_below())} models were skipped")
    started_ms = run.clock_ms
    run.task("build", failure={**failure, "isFinal": True})
    ended_ms, run.clock_ms = run.clock_ms, (started_ms + run.clock_ms) // 2
    message = "Conversion Error: could not convert a text to a number"
    run.check(_ROOT, status="error", message=message, ancestors=",".join(_ABOVE_ROOT))
    for model, above in _below().items():
        run.check(model, status="skipped", ancestors=",".join(above))
    run.clock_ms = ended_ms
    run.skip(*_AFTER_BUILD)


def _below() -> dict[str, tuple[str, ...]]:
    """Return what is above each model below the root."""
    above_first = (*_ABOVE_ROOT, _ROOT)
    return {
        **dict.fromkeys(_BELOW_ROOT, above_first),
        **dict.fromkeys(_FURTHER_BELOW, (*above_first, *_BELOW_ROOT)),
    }


def _failure(kind: str, text: str) -> Record:
    return {"failureKind": kind, "failure": text}


def _day_ms(run: _Run) -> int:
    return (date.fromisoformat(run.run_date).toordinal() - date(1970, 1, 2).toordinal()) * DAY_MS
