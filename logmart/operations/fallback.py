"""Falls back for the tasks of a run that did not succeed: `logmart operations fallback`.

A task falls back if one of its policies in seeds/sla_policies.csv has the action `fallback`.
Readers keep the marts of the last publish and the pages as they were. Both are stamped with the
date of their data and the task that failed, and each fallback lands as an action.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import duckdb

from logmart.errors import CommandError
from logmart.mart.stale_stamp import (
    Stamp,
    page_date,
    published_date,
    read_stamp,
    with_banner,
    write_stamp,
)
from logmart.operations.landing import SOURCE, land
from logmart.operations.notice_text import one_line
from logmart.operations.pipeline import ORCHESTRATORS, TASKS, Attempt, Run
from logmart.operations.task_records import Record, action_taken
from logmart.settings import PROJECT, Settings, settings

# A run has begun at most two days before its fallback.
_MOST_DAYS = 3
POLICIES = PROJECT / "seeds/sla_policies.csv"


@click.command(help=__doc__)
@click.option("--run-id", required=True, help="The run, as its landed records name it.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="Its date.")
@click.option(
    "--orchestrator", type=click.Choice(ORCHESTRATORS), required=True, help="What ran it."
)
def main(run_id: str, day: datetime, orchestrator: str) -> int:
    """Fall back, and print what readers go on to see."""
    run = Run(run_id, day.date(), orchestrator)
    for sentence in fall_back(run, settings(), datetime.now(UTC)):
        print(sentence, flush=True)
    return 0


def fall_back(run: Run, paths: Settings, now: datetime, policies: Path = POLICIES) -> list[str]:
    """Stamp what the tasks of a run that did not succeed would have replaced; land the actions.

    In: `policies`, the seed sla_policies: a task falls back if one of its policies says so.
    Return a line for each. Raises CommandError when the run has landed no record.
    """
    records = run_records(paths.landing, run, now)
    if not records:
        raise CommandError(
            f"no record of run {one_line(run.run_id)} in {paths.landing / SOURCE} of the last"
            f" {_MOST_DAYS} days: see --run-id and LOGMART_LANDING"
        )
    done = {record["task"] for record in records if record["state"] == "succeeded"}
    failed = failed_task(records)
    if failed is None:
        return ["every task succeeded: nothing falls back"]
    stamps: dict[str, Callable[[Settings, Stamp], Stamp | None]] = {
        "published": _stamp_published,
        "pages": _stamp_pages,
    }
    places = {"published": paths.published, "pages": paths.pages}
    falling_back = _tasks_with_fallback(policies, run.run_date) - done
    actions, sentences = [], []
    for task in TASKS:
        if not task.fallback or task.name not in falling_back:
            continue
        kept = stamps[task.fallback](paths, Stamp(None, now, failed))
        data_date = kept.data_date.isoformat() if kept and kept.data_date else ""
        place = places[task.fallback]
        actions.append(
            action_taken(
                Attempt(run, task.name, 1),
                "fallback",
                now,
                outcome="succeeded" if kept else "failed",
                subjectKind="file",
                subject=place.name,
                dataDate=data_date,
                reason=f"{failed} failed" if kept else "nothing was published before",
            )
        )
        shows = f"data up to {data_date or 'an unknown date'}" if kept else "nothing yet"
        sentences.append(f"{task.name} falls back: {place} shows {shows}, because {failed} failed")
    if actions:
        name = f"{run.run_id}-fallback"
        land(paths.landing, "actions", actions, writer=run.orchestrator, name=name, at=now)
    return sentences


def run_records(landing: Path, run: Run, now: datetime) -> list[Record]:
    """Return the records of `task_runs` that a run has landed, by time."""
    days = [(now - timedelta(days=age)).date() for age in range(_MOST_DAYS)]
    folders = [landing / SOURCE / f"dt={day}" for day in days]
    files = [file for folder in folders for file in folder.glob("task_runs-*.jsonl")]
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    mine = [record for line in lines if (record := _record(line)).get("runId") == run.run_id]
    return sorted(mine, key=lambda record: str(record["occurredAt"]))


def _record(line: str) -> Record:
    """Return a landed record; an empty one for a line of another writer that holds none."""
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    is_whole = isinstance(record, dict) and {"runId", "task", "state", "occurredAt"} <= set(record)
    return record if is_whole else {}


def failed_task(records: Sequence[Record]) -> str | None:
    """Return the first task of the pipeline that ran and did not succeed; a task whose worker was
    killed has started and not ended.
    """
    states = {(record["task"], record["state"]) for record in records if "/" not in record["task"]}
    for task in TASKS:
        has_run = (task.name, "started") in states or (task.name, "failed") in states
        has_ended_well = {(task.name, "succeeded"), (task.name, "skipped")} & states
        if has_run and not has_ended_well:
            return task.name
    return None


def _tasks_with_fallback(policies: Path, day: date) -> set[str]:
    """Return the tasks of which a policy that holds on a date says `fallback`."""
    with policies.open(encoding="utf-8", newline="") as file:
        return {
            row["task"]
            for row in csv.DictReader(file)
            if row["action"] == "fallback"
            and (row["valid_from"] or date.min.isoformat()) <= day.isoformat()
            and (row["valid_until"] or date.max.isoformat()) >= day.isoformat()
        }


def _stamp_published(paths: Settings, stamp: Stamp) -> Stamp | None:
    if not paths.published.exists():
        return None
    return write_stamp(
        paths.published, Stamp(_date_of(paths.published), stamp.since, stamp.failed_task)
    )


def _stamp_pages(paths: Settings, stamp: Stamp) -> Stamp | None:
    """Stamp each page in place; the stamp of the published file says since when, if it has one."""
    pages = sorted(paths.pages.rglob("*.html"))
    if not pages:
        return None
    earlier = read_stamp(paths.published)
    data_date = page_date(pages[0].read_text(encoding="utf-8"))
    kept = Stamp(data_date, earlier.since if earlier else stamp.since, stamp.failed_task)
    for page in pages:
        part = page.with_suffix(".part")
        part.write_text(with_banner(page.read_text(encoding="utf-8"), kept), encoding="utf-8")
        part.replace(page)
    return kept


def _date_of(published: Path) -> date | None:
    try:
        return published_date(published)
    except duckdb.Error:
        return None
