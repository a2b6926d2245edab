"""Prints the table that the demo ends with: `logmart mart summary`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import duckdb

from logmart.dbt.artifacts import Artifacts, read_artifacts
from logmart.errors import CommandError
from logmart.options import TARGET_PATH
from logmart.settings import project_variables, settings

_EVENTS = """
select sum(line_count), sum(valid_count), sum(rejected_count), sum(duplicate_count),
    sum(erased_count), count(*)
from marts.fct_landed_files
where entity = 'events'
"""
_ACTIVE_USERS = """
select activity_date, dau, wau, mau, stickiness, date_state
from marts.active_users_daily
inner join marts.metrics_daily on activity_date = metric_date
where metric = 'daily_active_users' and dimension = 'all'
order by date_state = 'open', activity_date desc
limit 1
"""
NEXT = """Open data/pages/index.html: the metrics, drawn. What to type next:
  make catalog-browse   the catalog's tables, columns and lineage on http://127.0.0.1:8585
  make wikipedia        the same marts on real logs
  make help             everything else
The marts are in {published}, for any tool that opens DuckDB files (read-only)."""


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    label: str
    figure: str
    remark: str = ""


@click.command(help=__doc__)
@TARGET_PATH
@click.option("--no-catalog", is_flag=True, help="Leave the catalog out.")
def main(target_path: Path, no_catalog: bool) -> int:
    """Print the table and what to do next."""
    published = settings().published
    artifacts = read_artifacts(target_path)
    time_zone = (project_variables() | artifacts.variables)["business_time_zone"]
    rows = [*_mart_rows(published, time_zone), *_build_rows(artifacts)]
    if not no_catalog:
        rows += _catalog_rows(target_path)
    print(table(rows))
    if not no_catalog:
        print(f"\n{NEXT.format(published=published)}")
    return 0


def table(rows: list[Row]) -> str:
    """Return the rows as aligned text."""
    labels = max(len(row.label) for row in rows)
    figures = max(len(row.figure) for row in rows)
    lines = [f"  {row.label:<{labels}}  {row.figure:>{figures}}  {row.remark}" for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _mart_rows(published: Path, time_zone: str) -> list[Row]:
    try:
        with duckdb.connect(str(published), read_only=True) as connection:
            events = connection.execute(_EVENTS).fetchone()
            active_users = connection.execute(_ACTIVE_USERS).fetchone()
    except duckdb.Error as error:
        raise CommandError(f"{published} holds no marts: publish them with `make build`") from error
    if events is None or events[0] is None:
        raise CommandError(f"{published} holds no events: land some and build with `make build`")
    landed, valid, rejected, duplicate, erased, files = events
    return [
        Row("events landed", f"{landed:,}", f"in {files:,} file" + ("" if files == 1 else "s")),
        Row("  valid", f"{valid:,}"),
        Row("  rejected", f"{rejected:,}", "kept, with the reasons"),
        Row("  duplicate", f"{duplicate:,}"),
        *([Row("  erased", f"{erased:,}", "lines of users who were erased")] if erased else []),
        *_active_user_rows(active_users, time_zone),
    ]


def _active_user_rows(active_users: tuple[Any, ...] | None, time_zone: str) -> list[Row]:
    if active_users is None:
        return [Row("active users", "none", "no landed event is valid")]
    day, dau, wau, mau, stickiness, state = active_users
    which = "a day that is not over" if state == "open" else "the last finished day"
    share = f"{stickiness:.0%}" if stickiness is not None else "no"
    return [
        Row(
            "active users",
            f"{dau:,}",
            f"on {day} in {time_zone}, {which}; {wau:,} in 7 days, {mau:,} in 28",
        ),
        Row("stickiness", share, "of the month's users came that day"),
    ]


def _build_rows(artifacts: Artifacts) -> list[Row]:
    results = artifacts.results
    built = [result for result in results if result.kind in ("model", "seed", "snapshot")]
    tests = [result for result in results if result.kind in ("test", "unit_test")]
    passed = [test for test in tests if test.status == "pass"]
    return [
        Row("models built", f"{len(built):,}"),
        Row("tests passed", f"{len(passed):,}", f"of {len(tests):,}"),
    ]


def _catalog_rows(target_path: Path) -> list[Row]:
    path = target_path / "catalog-verify.json"
    try:
        counts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError) as error:
        raise CommandError(f"{path} is not there or cut short: run `make demo`") from error
    return [
        Row("catalog tables", f"{counts['tables']:,}", f"{counts['columns']:,} columns"),
        Row(
            "columns documented",
            f"{counts['columns_documented']:,}",
            f"{counts['columns_inherited']:,} of them by the column they copy, or a doc block",
        ),
        Row(
            "edges published",
            f"{counts['edges']:,}",
            f"with the lineage of {counts['column_edges']:,} columns",
        ),
        Row("drift", f"{counts['drift']:,}", "differences between dbt and the catalog, read back"),
    ]
