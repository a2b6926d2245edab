"""Days that land again, runs that are killed, and ranges of days that are loaded again."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from arrivals import Arrival, history, land
from comparison import differences_between
from logmart.dbt.artifacts import read_model_tables
from logmart.errors import CommandError
from logmart.mart.loaded_files import Reload, forget
from logmart.mart.publish import publish
from mart_runs import KEY, NO_ARTIFACTS, PROJECT, Mart, Row, app_event, copied

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
WITHOUT_ARTIFACTS = (*WITHOUT_TESTS, NO_ARTIFACTS)
JUDGED_EVENTS = ("--select", "+int_judged_events", *WITHOUT_TESTS)
SEED = 5

# A build that dies without a word when dbt reaches a node: before it starts, or after it ended.
KILLED_BUILD = """
import os, signal, sys
from logmart.__main__ import run
from logmart.dbt import run as dbt_run

moment, node = sys.argv[1:3]

class Killed(dbt_run.Progress):
    def __call__(self, event):
        if event.info.name == moment and event.data.node_info.node_name == node:
            os.kill(os.getpid(), signal.SIGKILL)
        super().__call__(event)

dbt_run.Progress = Killed
given = ["--target-path", sys.argv[3], "--vars", "{record_sources: {}}"]
sys.exit(run(["mart", "build", *given]))
"""


def published(mart: Mart) -> Path:
    return mart.folder / "published.duckdb"


def killed_build(mart: Mart, moment: str, node: str) -> int:
    """Run the build command in a process of its own that is killed at a moment of a node."""
    environment = {
        **os.environ,
        "DBT_PROFILES_DIR": str(PROJECT / "profiles"),
        "DBT_LOG_PATH": str(mart.folder / "logs"),
        # What a killed build leaves is tables: the tests beside them change none.
        "DBT_EXCLUDE_RESOURCE_TYPES": "test unit_test",
        "LOGMART_ID_KEY": KEY,
        "LOGMART_LANDING": str(mart.landing),
        "LOGMART_DATABASE": str(mart.database),
        "LOGMART_PUBLISHED": str(published(mart)),
    }
    command = [sys.executable, "-c", KILLED_BUILD, moment, node, str(mart.target_path)]
    return subprocess.run(
        command, cwd=PROJECT, env=environment, check=False, capture_output=True
    ).returncode


def content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def worlds(count: int, run_count: int) -> list[Arrival]:
    return [it for world in range(count) for it in history(SEED, world, run_count)]


def full_load(folder: Path, arrivals: list[Arrival]) -> Mart:
    full = Mart(folder)
    land(full, arrivals)
    full.build(*WITHOUT_TESTS)
    return full


@dataclass(frozen=True)
class Loads:
    """Files that land in three runs; a mart that has loaded those of the first, and one that has
    loaded all of them at once. A test goes on from a copy.
    """

    arrivals: list[Arrival]
    first_run: Mart
    at_once: Mart


@pytest.fixture(scope="module")
def loads(tmp_path_factory: pytest.TempPathFactory) -> Loads:
    arrivals = worlds(4, run_count=3)
    folder = tmp_path_factory.mktemp("loads")
    first = [it for it in arrivals if it.run == 0]
    return Loads(
        arrivals, full_load(folder / "first_run", first), full_load(folder / "at_once", arrivals)
    )


def test_a_killed_run_leaves_what_is_published_and_the_next_run_repairs(
    tmp_path: Path, loads: Loads
) -> None:
    """Killed with the new lines loaded and not yet judged; the deep tests kill at other nodes."""
    mart = copied(loads.first_run, tmp_path / "runs")
    publish(mart.database, published(mart), mart.target_path)
    before = content(published(mart))
    land(mart, loads.arrivals)
    assert killed_build(mart, "NodeFinished", "base_app__events") == -signal.SIGKILL
    assert content(published(mart)) == before
    mart.build(*WITHOUT_ARTIFACTS)
    assert differences_between(mart, loads.at_once) == []


@pytest.mark.deep
@pytest.mark.parametrize("moment", ["NodeStart", "NodeFinished"])
@pytest.mark.parametrize(
    "node", ["base_app__files", "int_judged_events", "fct_sessions", "retention_cohorts"]
)
def test_a_run_killed_at_any_node_is_repaired(
    tmp_path: Path, loads: Loads, moment: str, node: str
) -> None:
    mart = copied(loads.first_run, tmp_path / "runs")
    land(mart, loads.arrivals)
    assert killed_build(mart, moment, node) == -signal.SIGKILL
    assert not published(mart).exists()
    mart.build(*WITHOUT_ARTIFACTS)
    assert differences_between(mart, loads.at_once) == []


def restatements(mart: Mart) -> list[Row]:
    return mart.query("select * from marts.metric_restatements order by all")


@pytest.fixture(scope="module")
def unkilled(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """Return what two runs that nobody kills restate."""
    arrivals = worlds(3, run_count=2)
    mart = Mart(tmp_path_factory.mktemp("unkilled"))
    land(mart, [it for it in arrivals if it.run == 0])
    mart.build(*WITHOUT_TESTS)
    land(mart, arrivals)
    mart.build(*WITHOUT_TESTS)
    return restatements(mart)


@pytest.mark.deep
@pytest.mark.parametrize(
    ("moment", "node"),
    [
        ("NodeStart", "int_metric_inputs"),
        ("NodeFinished", "int_metric_inputs"),
        ("NodeFinished", "int_metric_versions"),
    ],
)
def test_a_run_killed_at_the_log_of_metrics_tells_the_same_restatements(
    tmp_path: Path, unkilled: list[Row], moment: str, node: str
) -> None:
    arrivals = worlds(3, run_count=2)
    mart = Mart(tmp_path)
    land(mart, [it for it in arrivals if it.run == 0])
    mart.build(*WITHOUT_TESTS)
    land(mart, arrivals)
    assert killed_build(mart, moment, node) == -signal.SIGKILL
    mart.build(*WITHOUT_TESTS)
    assert unkilled
    assert restatements(mart) == unkilled


def reload(mart: Mart, first: str, last: str) -> Reload:
    return forget(
        mart.database,
        read_model_tables(mart.target_path),
        ["app"],
        date.fromisoformat(first),
        date.fromisoformat(last),
    )


# Two whole builds. That a changed variable judges the events again that it was for is tried in
# every run of the tests (test_landing_zone.py).
@pytest.mark.deep
def test_another_variable_builds_what_hangs_on_it_whole(tmp_path: Path, loads: Loads) -> None:
    """A shorter timeout parts sessions, another time zone moves dates that no event touches."""
    shorter = (("session_timeout_minutes", 3), ("business_time_zone", "America/New_York"))
    changed = replace(copied(loads.at_once, tmp_path / "runs"), variables=shorter)
    changed.build(*WITHOUT_ARTIFACTS)
    full = Mart(tmp_path / "full", variables=shorter)
    land(full, loads.arrivals)
    full.build(*WITHOUT_TESTS)
    assert differences_between(changed, full) == []


# After the killed run above, whose lines are loaded and not judged, all models catch up too.
@pytest.mark.deep
def test_a_model_that_was_left_behind_catches_up(tmp_path: Path, loads: Loads) -> None:
    """Events are judged in two runs before anything that is made of them is built again."""
    mart = copied(loads.first_run, tmp_path / "runs")
    for run in (1, 2):
        land(mart, [it for it in loads.arrivals if it.run == run])
        mart.build(*JUDGED_EVENTS, NO_ARTIFACTS)
    mart.build("--select", "int_sessionized_events", *WITHOUT_ARTIFACTS)
    mart.build(*WITHOUT_ARTIFACTS)
    assert differences_between(mart, loads.at_once) == []


def test_a_range_of_days_that_is_loaded_again_gives_the_tables_of_a_full_refresh(
    tmp_path: Path, loads: Loads
) -> None:
    """Files of twenty days are cut to half their lines, moved or removed; days around them stay."""
    mart = copied(loads.at_once, tmp_path / "runs")
    corrected: list[Arrival] = []
    for place, arrival in enumerate(loads.arrivals):
        day = arrival.file.split("/")[1].removeprefix("dt=")
        if not "2026-01-10" <= day <= "2026-01-30" or place % 4 == 0:
            corrected.append(arrival)
            continue
        (mart.landing / arrival.file).unlink()
        if place % 4 == 1:
            half = arrival.lines[: len(arrival.lines) // 2]
            corrected.append(Arrival(0, arrival.file, half))
        elif place % 4 == 2:
            corrected.append(Arrival(0, arrival.file.replace(day, "2026-01-31"), arrival.lines))
    land(mart, corrected)
    reloaded = reload(mart, "2026-01-10", "2026-01-30")
    assert reloaded.file_count > 40
    assert reloaded.copy_file_count > 0
    assert {"int_restated_models", "fct_sessions"} <= set(reloaded.rebuilt_models)
    assert not {"base_app__events", "int_judged_events"} & set(reloaded.rebuilt_models)
    mart.build(*WITHOUT_ARTIFACTS)
    assert differences_between(mart, full_load(tmp_path / "full", corrected)) == []


METRICS = [
    "active_users_by_dimension_daily",
    "active_users_daily",
    "dim_devices",
    "fct_events",
    "fct_funnel_steps",
    "fct_sessions",
    "funnel_conversions_daily",
    "retention_cohorts",
    "user_lifecycle_daily",
]
OPENED = ("app_opened", {"launchSource": "icon"})


def test_loading_again_what_has_not_changed_changes_nothing(tmp_path: Path) -> None:
    mart = Mart(tmp_path)
    mart.land("app/dt=2026-03-31/a.jsonl", [app_event(*OPENED)])
    mart.land("app/dt=2026-04-01/b.jsonl", [app_event(*OPENED), app_event(*OPENED, eventId="e2")])
    mart.build(*JUDGED_EVENTS)
    before = mart.tables()
    assert reload(mart, "2026-03-31", "2026-03-31") == Reload(1, 1, ("int_restated_models",))
    mart.build(*JUDGED_EVENTS)
    assert mart.tables() == before


def test_a_range_without_files_and_a_database_in_use_leave_it_as_it_was(tmp_path: Path) -> None:
    mart = Mart(tmp_path)
    mart.land("app/dt=2026-03-31/a.jsonl", [app_event(*OPENED)])
    mart.build(*JUDGED_EVENTS)
    with pytest.raises(CommandError, match="no file of app was loaded from dt=2026-04-01"):
        reload(mart, "2026-04-01", "2026-04-02")
    with (
        duckdb.connect(str(mart.database), read_only=True),
        pytest.raises(CommandError, match="left as it was"),
    ):
        reload(mart, "2026-03-31", "2026-03-31")
    with pytest.raises(CommandError, match="nowhere is no source"):
        forget(mart.database, read_model_tables(mart.target_path), ["nowhere"], date.min, date.max)
    assert mart.query("select count(*) from restricted.base_app__events") == [(1,)]


@pytest.mark.deep
def test_a_day_that_lands_twice_counts_once(tmp_path: Path) -> None:
    """All files of a world land again under names that sort behind, and no metric changes."""
    arrivals = [it for it in worlds(2, run_count=1) if it.lines]
    mart = Mart(tmp_path)
    with_ids = [
        Arrival(0, it.file, tuple(line for line in it.lines if _is_whole(line))) for it in arrivals
    ]
    land(mart, with_ids)
    mart.build(*WITHOUT_TESTS)
    before = {name: mart.tables()[f"marts.{name}"] for name in METRICS}
    land(mart, [Arrival(1, _renamed(it.file), it.lines) for it in with_ids])
    mart.build(*WITHOUT_TESTS)
    assert {name: mart.tables()[f"marts.{name}"] for name in METRICS} == before


def _is_whole(line: str) -> bool:
    """Whether a line has an id and a time of receipt, by which a copy of it is known."""
    return line.endswith("}") and '"eventId": null' not in line and '"receivedAt": null' not in line


def _renamed(file: str) -> str:
    folder, name = file.rsplit("/", 1)
    return f"{folder}/z-{name}"
