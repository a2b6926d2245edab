"""What a landed file is: one table of names, and everyone who looks for files keeps to it."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from logmart.errors import CommandError
from logmart.landed.file_names import is_landed_file
from logmart.mart.erasure_search import _loaded_files
from logmart.mart.preflight import check_landing_zone
from logmart.settings import Settings
from logmart.trino.landed_files import landed_files
from mart_runs import NO_ARTIFACTS, Mart

DAY = "app/dt=2026-03-31"
LANDED = [
    f"{DAY}/events.jsonl",
    f"{DAY}/events.jsonl.gz",
    f"{DAY}/b_part.jsonl",
    f"{DAY}/b.part.jsonl",
    f"{DAY}/notmp",
    f"{DAY}/a name with spaces.log",
]
PASSED_OVER = [
    "app/.DS_Store",
    f"{DAY}/.b.jsonl.X7f",
    f"{DAY}/_SUCCESS",
    f"{DAY}/.rsync-partial/b.jsonl",
    f"{DAY}/_temporary/b.jsonl",
    f"{DAY}/b.jsonl.part",
    f"{DAY}/b.jsonl.gz.part",
    f"{DAY}/b.jsonl.partial",
    f"{DAY}/b.jsonl.gz.tmp",
    f"{DAY}/b.jsonl.crdownload",
    f"{DAY}/b.jsonl._COPYING_",
]
REFUSED = ["app/stray.jsonl", "app/dt=2026-02-30/stray.jsonl", "app/old/dt=2026-03-31/stray.jsonl"]
LEDGER = ("run", "--select", "base_app__files", NO_ARTIFACTS)


@pytest.fixture(scope="module")
def mart(tmp_path_factory: pytest.TempPathFactory) -> Mart:
    mart = Mart(tmp_path_factory.mktemp("names"))
    for name in LANDED + PASSED_OVER:
        mart.land(name, ["{}"])
    assert mart.failures(*LEDGER) == ""
    return mart


def test_the_rule_takes_the_names_of_logs_alone() -> None:
    assert [name for name in LANDED + PASSED_OVER if is_landed_file(name)] == LANDED


def test_a_build_takes_them(mart: Mart) -> None:
    loaded = mart.query("select landing_file from staging.base_app__files")
    assert {name for (name,) in loaded} == set(LANDED)


def test_the_receive_step_of_trino_takes_them(mart: Mart) -> None:
    assert {file.landing_file for file in landed_files(mart.landing, "app")} == set(LANDED)


def test_the_checks_before_a_build_count_them(mart: Mart) -> None:
    size = sum((mart.landing / name).stat().st_size for name in LANDED)
    assert check_landing_zone(mart.landing, ["app"]) == size


def test_an_erasure_takes_them_and_no_other_stops_it(mart: Mart) -> None:
    here = Settings(mart.landing, mart.database, mart.folder / "published.duckdb")
    with duckdb.connect(str(mart.database)) as connection:
        assert _loaded_files(connection, here) == sorted(LANDED)


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_outside_a_partition_of_its_source_stops_a_build(tmp_path: Path, name: str) -> None:
    mart = Mart(tmp_path)
    for file in (LANDED[0], name):
        mart.land(file, ["{}"])
    told = f"{name} is not in a folder dt=YYYY-MM-DD of its source"
    assert told in mart.failures(*LEDGER)
    with pytest.raises(CommandError, match=told):
        landed_files(mart.landing, "app")
