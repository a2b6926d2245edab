"""Incremental equals full refresh, for every model, whatever the order of arrival.

Many histories of arrival share one landing zone. It is loaded in several incremental runs, and
compared, table by table, with a full load of what has landed. A failure prints its seed and a case
that is shrunk to few histories and files.

A model whose rows tell of the runs themselves, such as a log of restatements, cannot equal a full
refresh; it says why in its `config.meta.remembers_runs`, and is left out here.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from arrivals import (
    UNREADABLE_MOMENTS,
    VERSIONS,
    Arrival,
    history,
    land,
    shrink,
    worlds_in,
)
from comparison import Difference, differences_between
from mart_runs import NO_ARTIFACTS, NO_UNIT_TESTS, RECORD_SOURCES, Mart, copy_project
from record_arrivals import record_history

WITHOUT_TESTS = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
SEED = int(os.environ.get("LOGMART_ARRIVALS_SEED", random.SystemRandom().randrange(10**6)))


def load_in_runs(mart: Mart, arrivals: Sequence[Arrival]) -> None:
    """Load the arrivals run by run."""
    for run in sorted({arrival.run for arrival in arrivals}):
        land(mart, [arrival for arrival in arrivals if arrival.run == run])
        # A mart without any event is not built: a case that is shrunk may begin with records.
        if (mart.landing / "app").exists():
            mart.build(*WITHOUT_TESTS, NO_ARTIFACTS)


def differences(
    folder: Path, arrivals: Sequence[Arrival], *, is_short: bool = False, **options: Any
) -> list[Difference]:
    """Load the arrivals in runs and at once; return how the models differ.

    Unless it is to be short, the runs end in one with nothing new, and the full load is tested.
    """
    if not any(arrival.file.startswith("app/") for arrival in arrivals):
        return []
    options = {"record_sources": tuple(RECORD_SOURCES)} | options
    incremental, full = Mart(folder / "runs", **options), Mart(folder / "full", **options)
    load_in_runs(incremental, arrivals)
    if not is_short:
        incremental.build(*WITHOUT_TESTS, NO_ARTIFACTS)
    land(full, arrivals)
    full.build(*(WITHOUT_TESTS if is_short else NO_UNIT_TESTS))
    return differences_between(incremental, full)


def histories(seed: int, count: int, run_count: int) -> dict[str, list[Arrival]]:
    return {
        f"w{world:03d}": [
            *history(seed, world, run_count),
            *record_history(seed, world, run_count),
        ]
        for world in range(count)
    }


def shrunk(
    folder: Path,
    worlds: dict[str, list[Arrival]],
    found: list[Difference],
    attempts: int,
    **options: Any,
) -> str:
    """Return a failing case in few worlds and files, as text, after about so many attempts."""
    tries = iter(range(1000))

    def fails(arrivals: Sequence[Arrival]) -> bool:
        return bool(differences(folder / f"try{next(tries)}", arrivals, **options))

    named = worlds_in("\n".join(row for it in found for row in it.only_incremental + it.only_full))
    suspects = [name for name in named[:3] if fails(worlds[name])]
    left = suspects[:1] or shrink(
        list(worlds),
        lambda names: fails([arrival for name in names for arrival in worlds[name]]),
        attempts,
    )
    arrivals = shrink([arrival for name in left for arrival in worlds[name]], fails, attempts)
    return "\n".join(
        [f"worlds {left}, these files:"]
        + [f"  before run {it.run}: {it.file}\n    " + "\n    ".join(it.lines) for it in arrivals]
        + [str(it) for it in differences(folder / "shrunk", arrivals, **options)]
    )


def assert_incremental_equals_full(
    folder: Path, seed: int, count: int, run_count: int, *, is_short: bool = False
) -> None:
    worlds = histories(seed, count, run_count)
    arrivals = [arrival for world in worlds.values() for arrival in world]
    print(f"seed {seed}: {count} histories, {len(arrivals)} files, {run_count} runs")
    found = differences(folder, arrivals, is_short=is_short)
    if found:
        pytest.fail(
            f"LOGMART_ARRIVALS_SEED={seed}: {len(found)} models differ from their full refresh\n"
            + "\n".join(str(difference) for difference in found)
            + "\nShrunk: "
            + shrunk(folder, worlds, found, attempts=20, is_short=is_short)
        )


def test_six_histories_give_the_tables_of_a_full_refresh(tmp_path: Path) -> None:
    """Three builds with records. That a build with nothing new changes nothing, and that the data
    tests pass, is tried on the sample in every run (test_sample_build.py).
    """
    assert_incremental_equals_full(tmp_path, SEED, count=6, run_count=2, is_short=True)


# Six whole builds, and more of each oddity; six histories are loaded in every run of the tests.
@pytest.mark.deep
def test_twenty_histories_give_the_tables_of_a_full_refresh(tmp_path: Path) -> None:
    assert_incremental_equals_full(tmp_path, SEED, count=20, run_count=4)


@pytest.mark.deep
def test_two_hundred_histories_give_the_tables_of_a_full_refresh(tmp_path: Path) -> None:
    assert_incremental_equals_full(tmp_path, SEED, count=200, run_count=7)


def test_histories_hold_what_they_are_to_try() -> None:
    """Over 200 histories: each kind of arrival, and files of each run."""
    arrivals = [it for world in histories(SEED, 200, 4).values() for it in world]
    lines = [line for arrival in arrivals for line in arrival.lines]
    assert {arrival.run for arrival in arrivals} == {0, 1, 2, 3}
    tables = {arrival.file.split("/")[2].split("-")[0] for arrival in arrivals}
    assert {"users", "transfers", "campaigns", "sends"} <= tables
    assert any(not arrival.lines for arrival in arrivals)
    assert len(set(lines)) < len(lines) - 100
    assert sum(not line.endswith("}") for line in lines) > 100
    assert sum('"eventId": null' in line for line in lines) > 100
    for moment in UNREADABLE_MOMENTS:
        assert sum(f'"occurredAt": {moment}' in line for line in lines) > 20
    for version in VERSIONS:
        assert sum(f'"appVersion": "{version}"' in line for line in lines) > 100
    assert sum('"theme": ' in line for line in lines) > 100
    order = [arrival.file.split("/")[1] for arrival in sorted(arrivals, key=lambda it: it.run)]
    assert order != sorted(order)


def test_the_same_seed_gives_the_same_histories() -> None:
    assert histories(7, 3, 4) == histories(7, 3, 4)
    assert histories(7, 3, 4) != histories(8, 3, 4)


def test_shrinking_leaves_what_makes_a_case_fail() -> None:
    tried: list[Sequence[int]] = []

    def fails(items: Sequence[int]) -> bool:
        tried.append(items)
        return {3, 71} <= set(items)

    assert shrink(range(100), fails, attempts=100) == [3, 71]
    assert len(tried) <= 100
    assert len(shrink(range(100), fails, attempts=3)) > 2


@pytest.mark.deep
def test_a_planted_fault_is_found_and_shrunk(tmp_path: Path) -> None:
    """The rows that a new copy makes duplicates are not written again: the comparison says so."""
    project = copy_project(tmp_path / "project")
    faulty = project / "macros/landing/canonical_events.sql"
    text = faulty.read_text(encoding="utf-8")
    condition = "where repeats.is_duplicate <> repeats.was_duplicate"
    assert condition in text
    faulty.write_text(text.replace(condition, "where false"), encoding="utf-8")
    worlds = histories(3, count=4, run_count=2)
    arrivals = [arrival for world in worlds.values() for arrival in world]
    found = differences(tmp_path, arrivals, project=project)
    assert "base_app__events" in {difference.model for difference in found}
    message = shrunk(tmp_path, worlds, found, attempts=3, project=project)
    assert 0 < message.count("before run") < len(arrivals) / 2
    assert "base_app__events:" in message
