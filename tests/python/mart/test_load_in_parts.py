"""A landing zone that is loaded in parts, the oldest files first, holds what one load gives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from logmart.mart.load_in_parts import build_in_parts, loaded_in
from mart_runs import CHANGED_VARIABLES, NO_ARTIFACTS, NO_UNIT_TESTS, Mart

RUN = ("--exclude-resource-type", "test", *NO_UNIT_TESTS, NO_ARTIFACTS)
# The same in every test, and files of the size that it asks for: dbt parses the project again for
# another.
LIMIT_MIB: float = dict(CHANGED_VARIABLES)["load_at_most_mib"]
LINES = 100
DAYS = ["dt=2026-01-05", "dt=2026-01-06", "dt=2026-01-07"]


def landed(folder: Path, files_in_a_part: int) -> Mart:
    """Land a file a day, of a size of which a part takes so many."""
    mart = Mart(folder, variables=CHANGED_VARIABLES)
    file_bytes = int(LIMIT_MIB * (1 << 20) / (files_in_a_part - 0.5))
    for number, day in enumerate(reversed(DAYS)):
        events = [
            {"eventId": f"e{number}-{line}", "eventName": "app_opened"} for line in range(LINES)
        ]
        lines = [json.dumps(event).ljust(file_bytes // LINES - 1) for event in events]
        mart.land(f"app/{day}/events.jsonl", [*lines])
        size = (mart.landing / f"app/{day}/events.jsonl").stat().st_size
        assert file_bytes - LINES < size <= file_bytes
    return mart


@pytest.mark.parametrize(
    ("files_in_a_part", "days"),
    [(1, [DAYS[:1], DAYS[:2], DAYS, DAYS]), (2, [DAYS[:2], DAYS]), (9, [DAYS])],
)
def test_the_oldest_files_come_first(
    tmp_path: Path, files_in_a_part: int, days: list[list[str]]
) -> None:
    mart = landed(tmp_path, files_in_a_part)
    found: list[list[str]] = []

    def build(what: str, arguments: Sequence[str]) -> None:
        select = arguments or ["--select", "+base_*", "stg_app__app_opened"]
        assert all(result.status == "success" for result in mart.dbt("build", *select, *RUN))
        rows = mart.query(
            "select distinct landing_file from restricted.base_app__events order by all"
        )
        found.append([file.split("/")[1] for (file,) in rows])

    assert build_in_parts(build, lambda: loaded_in(mart.database), LIMIT_MIB) == len(days)
    assert found == [*days, DAYS]
    assert mart.query("select count(*) from staging.stg_app__app_opened") == [(300,)]


def test_a_full_refresh_takes_all_parts_anew(tmp_path: Path) -> None:
    mart = landed(tmp_path, files_in_a_part=1)

    def build(what: str, arguments: Sequence[str]) -> None:
        rest = [] if "--select" in arguments else ["--select", "+base_*", "stg_app__app_opened"]
        assert all(
            result.status == "success" for result in mart.dbt("build", *arguments, *rest, *RUN)
        )

    for _ in range(2):
        parts = build_in_parts(
            build, lambda: loaded_in(mart.database), LIMIT_MIB, is_full_refresh=True
        )
        assert parts == len(DAYS) + 1
        assert mart.query("select count(*) from staging.stg_app__app_opened") == [(300,)]
