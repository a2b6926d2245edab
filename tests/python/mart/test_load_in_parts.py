"""A landing zone that is loaded in parts, the oldest files first, holds what one load gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from logmart.mart.load_in_parts import build_in_parts, loaded_in
from mart_runs import Mart

RUN = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")

DAYS = ["dt=2026-01-05", "dt=2026-01-06", "dt=2026-01-07"]


def landed(folder: Path, load_at_most_mib: float | None) -> Mart:
    mart = Mart(folder, variables=(("load_at_most_mib", load_at_most_mib),))
    for number, day in enumerate(reversed(DAYS)):
        mart.land(
            f"app/{day}/events.jsonl",
            [{"eventId": f"e{number}-{line}", "eventName": "app_opened"} for line in range(100)],
        )
    return mart


@pytest.mark.parametrize(
    ("files_in_a_part", "days"),
    [(1, [DAYS[:1], DAYS[:2], DAYS, DAYS]), (2, [DAYS[:2], DAYS]), (9, [DAYS])],
)
def test_the_oldest_files_come_first(
    tmp_path: Path, files_in_a_part: int, days: list[list[str]]
) -> None:
    size = landed(tmp_path, None).landing.joinpath(f"app/{DAYS[0]}/events.jsonl").stat().st_size
    limit = (files_in_a_part - 0.5) * size / (1 << 20)
    mart = landed(tmp_path, limit)
    found: list[list[str]] = []

    def build(what: str, arguments: Sequence[str]) -> None:
        select = arguments or ["--select", "+base_*", "stg_app__app_opened"]
        assert all(result.status == "success" for result in mart.dbt("build", *select, *RUN))
        rows = mart.query(
            "select distinct landing_file from restricted.base_app__events order by all"
        )
        found.append([file.split("/")[1] for (file,) in rows])

    assert build_in_parts(build, lambda: loaded_in(mart.database), limit) == len(days)
    assert found == [*days, DAYS]
    assert mart.query("select count(*) from staging.stg_app__app_opened") == [(300,)]


def test_a_full_refresh_takes_all_parts_anew(tmp_path: Path) -> None:
    size = landed(tmp_path, None).landing.joinpath(f"app/{DAYS[0]}/events.jsonl").stat().st_size
    limit = 0.5 * size / (1 << 20)
    mart = landed(tmp_path, limit)

    def build(what: str, arguments: Sequence[str]) -> None:
        rest = [] if "--select" in arguments else ["--select", "+base_*", "stg_app__app_opened"]
        assert all(
            result.status == "success" for result in mart.dbt("build", *arguments, *rest, *RUN)
        )

    for _ in range(2):
        parts = build_in_parts(build, lambda: loaded_in(mart.database), limit, is_full_refresh=True)
        assert parts == len(DAYS) + 1
        assert mart.query("select count(*) from staging.stg_app__app_opened") == [(300,)]
