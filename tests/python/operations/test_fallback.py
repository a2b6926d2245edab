from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from logmart.errors import CommandError
from logmart.mart.stale_stamp import (
    Stamp,
    page_date,
    read_stamp,
    remove_stamp,
    stamp_file,
    with_banner,
    write_stamp,
)
from logmart.operations.fallback import fall_back
from logmart.operations.landing import land
from logmart.operations.pipeline import Attempt, Run
from logmart.operations.task_records import Record, task_failed, task_started, task_succeeded
from logmart.settings import Settings

RUN = Run("r1", date(2026, 3, 2), "nightly")
NOW = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)
PAGE = (
    '<head>\n<meta name="data-date" content="2026-02-28">\n</head>\n<main id="main">\n'
    "<p>Orders</p>\n</main>\n"
)


@pytest.fixture
def paths(tmp_path: Path) -> Settings:
    """A published file, complete up to 1 March, and two pages, complete up to 28 February."""
    paths = Settings(
        landing=tmp_path / "landing",
        database=tmp_path / "build.duckdb",
        published=tmp_path / "logmart.duckdb",
        pages=tmp_path / "pages",
    )
    with duckdb.connect(str(paths.published)) as connection:
        connection.execute(
            "create schema marts; create table marts.metrics_daily as from (values"
            " ('daily_active_users', date '2026-02-28', 'final'),"
            " ('daily_active_users', date '2026-03-01', 'settling'),"
            " ('daily_active_users', date '2026-03-02', 'open'),"
            " ('on_time_share', date '2026-03-03', 'final')) as t (metric, metric_date, date_state)"
        )
    (paths.pages / "metrics").mkdir(parents=True)
    for page in ("index.html", "metrics/orders.html"):
        (paths.pages / page).write_text(PAGE)
    return paths


def landed(paths: Settings, *records: tuple[str, str]) -> None:
    """Land the start of tasks, and their end: `killed` lands none."""
    for number, (task, state) in enumerate(records):
        attempt, at = Attempt(RUN, task, 1), NOW - timedelta(minutes=30 - number)
        made: list[Record] = [task_started(attempt, at)]
        if state == "succeeded":
            made.append(task_succeeded(attempt, at))
        if state == "failed":
            made.append(task_failed(attempt, at, "permanent", "it broke"))
        for record in made:
            name = attempt.name
            land(paths.landing, "task_runs", [record], writer="nightly", name=name, at=at)


def actions(paths: Settings) -> dict[str, Any]:
    files = paths.landing.glob("operations/dt=*/actions-*.jsonl")
    records = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return {record["task"]: record for record in records}


def pages(paths: Settings) -> list[str]:
    return [path.read_text() for path in sorted(paths.pages.rglob("*.html"))]


@pytest.mark.parametrize("how", ["failed", "killed"])
def test_a_failed_build_leaves_the_published_file_byte_for_byte(paths: Settings, how: str) -> None:
    before = paths.published.read_bytes()
    landed(paths, ("land_check", "succeeded"), ("build", how))
    fall_back(RUN, paths, NOW)
    assert paths.published.read_bytes() == before
    assert json.loads(stamp_file(paths.published).read_text()) == {
        "data_date": "2026-03-01",
        "since": "2026-03-02T17:30:00+00:00",
        "failed_task": "build",
    }
    done = actions(paths)
    assert {task: one["dataDate"] for task, one in done.items()} == {
        "build": "2026-03-01",
        "pages": "2026-02-28",
    }
    assert {one["outcome"] for one in done.values()} == {"succeeded"}
    sentence = "These figures end on 28 February 2026: the task build failed"
    assert all(sentence in page for page in pages(paths))


def test_pages_that_cannot_be_written_are_stamped_alone(paths: Settings) -> None:
    landed(paths, ("land_check", "succeeded"), ("build", "succeeded"), ("pages", "failed"))
    fall_back(RUN, paths, NOW)
    assert read_stamp(paths.published) is None
    assert set(actions(paths)) == {"pages"}
    assert all("the task pages failed" in page for page in pages(paths))


def test_a_catalog_that_failed_has_no_fallback(paths: Settings) -> None:
    done = [(task, "succeeded") for task in ("land_check", "build", "pages")]
    landed(paths, *done, ("catalog_apply", "failed"))
    assert fall_back(RUN, paths, NOW) == []
    assert actions(paths) == {}
    assert pages(paths) == [PAGE, PAGE]


def test_a_run_that_succeeded_falls_back_to_nothing(paths: Settings) -> None:
    landed(paths, ("land_check", "succeeded"), ("build", "succeeded"), ("pages", "succeeded"))
    fall_back(RUN, paths, NOW)
    assert actions(paths) == {}
    assert read_stamp(paths.published) is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("build,notify,,", ["pages"]),
        ("build,fallback,,", ["build", "pages"]),
        ("build,fallback,2026-03-02,2026-03-02", ["build", "pages"]),
        ("build,fallback,2026-03-03,", ["pages"]),
        ("build,fallback,,2026-03-01", ["pages"]),
    ],
)
def test_a_task_falls_back_if_a_policy_of_it_says_so(
    paths: Settings, tmp_path: Path, row: str, expected: list[str]
) -> None:
    landed(paths, ("land_check", "succeeded"), ("build", "failed"))
    policies = tmp_path / "sla_policies.csv"
    policies.write_text(
        f"task,action,valid_from,valid_until\nbuild,notify,,\n{row}\npages,fallback,,\n"
    )
    fall_back(RUN, paths, NOW, policies)
    assert sorted(actions(paths)) == expected
    assert (read_stamp(paths.published) is not None) == ("build" in expected)


def test_a_run_that_landed_nothing_is_an_error(paths: Settings) -> None:
    with pytest.raises(CommandError, match="no record of run r1 .*landing/operations"):
        fall_back(RUN, paths, NOW)


def test_a_line_that_is_no_record_does_not_stop_a_fallback(paths: Settings) -> None:
    landed(paths, ("land_check", "succeeded"), ("build", "failed"))
    folder = paths.landing / f"operations/dt={NOW.date()}"
    (folder / "task_runs-hand.jsonl").write_text('{"runId":\n[1]\n{"runId": 1}\n')
    fall_back(RUN, paths, NOW)
    assert sorted(actions(paths)) == ["build", "pages"]


def test_where_nothing_was_published_the_fallback_itself_fails(paths: Settings) -> None:
    landed(paths, ("land_check", "failed"))
    nothing = replace(paths, published=paths.published.with_name("none.duckdb"))
    fall_back(RUN, nothing, NOW)
    build = actions(paths)["build"]
    assert (build["outcome"], "dataDate" in build) == ("failed", False)


def test_a_second_failure_keeps_since_when_the_data_is_stale(paths: Settings) -> None:
    first = write_stamp(paths.published, Stamp(date(2026, 3, 1), NOW, "build"))
    second = write_stamp(
        paths.published, Stamp(date(2026, 3, 1), NOW + timedelta(days=1), "land_check")
    )
    assert (second.since, second.failed_task) == (first.since, "land_check")
    assert read_stamp(paths.published) == second
    remove_stamp(paths.published)
    remove_stamp(paths.published)
    assert read_stamp(paths.published) is None


def test_a_page_has_one_banner_at_most() -> None:
    stamp = Stamp(date(2026, 3, 1), NOW, "build")
    once = with_banner(PAGE, stamp)
    assert with_banner(once, stamp) == once != PAGE
    assert page_date(once) == date(2026, 2, 28)
    assert "an unknown date" in with_banner(PAGE, replace(stamp, data_date=None))
