"""The tasks of the pipeline, in order, and the command line of each.

It imports nothing heavy: Airflow's environment has neither dbt nor DuckDB.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from logmart.operations.retry_rules import RetryRule
from logmart.settings import PROJECT, TARGET_VARIABLE

CATALOG_VARIABLE = "OPENMETADATA_HOST"
# The stack whose queue takes the messages of campaigns.
MESSAGES_VARIABLE = "LOGMART_MESSAGES_STACK"
# Further options of land check and build, which choose sources and variables.
FLAGS_VARIABLE = "LOGMART_BUILD_FLAGS"
_LOGMART = (str(PROJECT / ".venv/bin/python"), "-m", "logmart")
# An exit code of `logmart-catalog`: done, and what the server cannot hold was left out and named.
_LEFT_OUT = 3
# The environment of operations, as make installs it.
_OPERATIONS = "operations/.venv/.locked"
# What is migrated.
_MAPPING = "operations/migration/mapping.yml"
_CATALOG = (str(PROJECT / "ingestion/.venv/bin/logmart-catalog"),)
# What runs the pipeline, as its records name it.
ORCHESTRATORS = ("airflow", "nightly", "manual")


@dataclass(frozen=True)
class Run:
    """A run of the pipeline. `run_date` is the business date on which it is due."""

    run_id: str
    run_date: date
    orchestrator: str

    @property
    def data_date(self) -> date:
        """The date whose data the run delivers: the day before it."""
        return self.run_date - timedelta(days=1)


@dataclass(frozen=True)
class Attempt:
    """An attempt of a task of a run, numbered from 1. `task` may be a part: `land_check/app`."""

    run: Run
    task: str
    number: int

    @property
    def name(self) -> str:
        """What tells the attempt from others: its landed files are named so."""
        return f"{self.run.run_id}-{self.task}-{self.number}"


@dataclass(frozen=True)
class PipelineTask:
    """A task: its command, its rule for retries, the exit codes of a run that did its work, the
    environment variable or the file without which it is skipped, with the command that writes the
    file, and what its readers fall back to when it fails: `published` (the marts of the last
    publish), `pages` (the pages as they were) or nothing.
    """

    name: str
    words: tuple[str, ...]
    retry: RetryRule
    completed: tuple[int, ...] = (0,)
    needs: str = ""
    needs_file: str = ""
    written_by: str = ""
    fallback: str = ""

    def skip_reason(self, environment: Mapping[str, str]) -> str:
        """Return why the task is skipped in an environment; "" when it is not."""
        if self.needs and not environment.get(self.needs):
            return f"{self.needs} is not set"
        if self.needs_file and not (PROJECT / self.needs_file).exists():
            return f"{self.needs_file} is not there: run {self.written_by}"
        return ""


TASKS = (
    PipelineTask(
        "migrate",
        (*_LOGMART, "migrate", "run"),
        RetryRule(most_attempts=3, first_wait_seconds=60, factor=2),
        needs_file=_MAPPING,
        written_by="logmart migrate map",
    ),
    PipelineTask(
        "land_check",
        (*_LOGMART, "operations", "land-check"),
        # A file may be an hour late.
        RetryRule(most_attempts=12, first_wait_seconds=300),
    ),
    PipelineTask(
        "quality",
        (*_LOGMART, "quality", "run"),
        RetryRule(most_attempts=3, first_wait_seconds=60, factor=2),
        needs_file=_OPERATIONS,
        written_by=f"make {_OPERATIONS}",
    ),
    PipelineTask(
        "build",
        (*_LOGMART, "mart", "build"),
        RetryRule(most_attempts=3, first_wait_seconds=120, factor=2),
        fallback="published",
    ),
    PipelineTask(
        "findings",
        (*_LOGMART, "operations", "land-findings"),
        RetryRule(most_attempts=3, first_wait_seconds=60, factor=2),
    ),
    PipelineTask(
        "pages",
        (*_LOGMART, "pages", "write"),
        RetryRule(most_attempts=3, first_wait_seconds=60, factor=2),
        fallback="pages",
    ),
    PipelineTask(
        "catalog_apply",
        (*_CATALOG, "apply"),
        RetryRule(most_attempts=3, first_wait_seconds=120, factor=2),
        completed=(0, _LEFT_OUT),
        needs=CATALOG_VARIABLE,
    ),
    PipelineTask(
        "catalog_verify",
        (*_CATALOG, "verify"),
        RetryRule(most_attempts=3, first_wait_seconds=120, factor=2),
        completed=(0, _LEFT_OUT),
        needs=CATALOG_VARIABLE,
    ),
    PipelineTask(
        "messages",
        (*_LOGMART, "messages", "send", "--due"),
        RetryRule(most_attempts=3, first_wait_seconds=120, factor=2),
        needs=MESSAGES_VARIABLE,
        needs_file=_OPERATIONS,
    ),
)
BY_NAME = {task.name: task for task in TASKS}
FALLBACK = "fallback"


def command(
    attempt: Attempt, now: datetime, environment: Mapping[str, str], *, continues: bool = False
) -> list[str]:
    """Return the command line of an attempt.

    In: `now`, up to which the build judges what was due; `continues`, whether the build goes on
    from the nodes that failed in the attempt before.
    """
    task, run = BY_NAME[attempt.task], attempt.run
    words = list(task.words)
    if task.name in ("land_check", "quality", "build", "findings"):
        words += shlex.split(environment.get(FLAGS_VARIABLE, ""))
    if task.name == "land_check":
        words += ["--date", run.data_date.isoformat(), "--run-id", run.run_id]
        words += ["--orchestrator", run.orchestrator, "--attempt", str(attempt.number)]
    if task.name == "quality":
        words += ["--run-id", run.run_id, "--run-date", run.run_date.isoformat()]
    if task.name == "findings":
        words += ["--run-id", run.run_id, "--date", run.run_date.isoformat()]
        words += ["--orchestrator", run.orchestrator]
    if task.name == "build":
        words += ["--ledger-until", f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}"]
        words += ["--continue"] if continues else []
    if task.needs == CATALOG_VARIABLE:
        words += ["--target-path", environment.get(TARGET_VARIABLE, "target")]
    return words


def fallback_command(run: Run) -> list[str]:
    """Return the command line that falls back for the tasks of a run that did not succeed."""
    words = [*_LOGMART, "operations", FALLBACK, "--run-id", run.run_id]
    return [*words, "--date", run.run_date.isoformat(), "--orchestrator", run.orchestrator]


def run_date(moment: datetime, time_zone: str) -> date:
    """Return the business date of a run at a moment."""
    return moment.astimezone(ZoneInfo(time_zone)).date()
