"""Prints the rows that failed a test of the last build: `logmart quality failures [TEST]`.

Without a test it lists those that did not pass. The rows come from the test's view in the schema
`failures` of the build's database: they are what the tables hold now, and no copy of them is kept.
Keys, codes, numbers and dates are shown; of personal data and of any other text only the shape.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import click
import duckdb

from logmart.dbt.manifest import Manifest, Node, quoted, read_json, read_manifest
from logmart.dbt.node_results import owner_of, subject_of
from logmart.errors import CommandError, TransientError
from logmart.landed.duckdb_plugin import give_key
from logmart.landed.identifiers import IdKeyError, load_id_key
from logmart.options import TARGET_PATH
from logmart.quality.shown_columns import ShownColumns, shown_columns
from logmart.settings import settings

_OPEN = frozenset({"fail", "warn", "error"})
_LONGEST_CELL = 60


@click.command("failures", help=__doc__)
@click.argument("name", metavar="[TEST]", required=False)
@click.option(
    "--rows",
    "most_rows",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="How many rows to print.",
)
@TARGET_PATH
def main(name: str | None, most_rows: int, target_path: Path) -> int:
    """List tests or print rows; raises CommandError for an unknown test."""
    manifest = read_manifest(target_path / "manifest.json")
    if name is None:
        results = read_json(target_path / "run_results.json")["results"]
        print("\n".join(open_tests(manifest, results)))
        return 0
    test = _test(manifest, name)
    for line in failed_rows(settings().database, manifest, test, most_rows):
        print(line)
    return 0


def open_tests(manifest: Manifest, results: Sequence[Node]) -> list[str]:
    """Return a line for each data test that did not pass, with its count, subject and owner."""
    lines = []
    nodes = {**manifest.document["nodes"], **manifest.document["sources"]}
    for result in results:
        test = manifest.tests.get(result["unique_id"])
        if test is not None and result["status"] in _OPEN:
            subject = subject_of(nodes, test)
            count = result.get("failures")
            found = "it raised" if count is None else f"{count:,} rows"
            owner = owner_of(test, subject) or "nobody"
            lines.append(f"{result['status']}: {test['name']}: {found}; owner {owner}")
    return [*sorted(lines), f"{len(lines)} tests did not pass"]


def failed_rows(database: Path, manifest: Manifest, test: Node, most_rows: int) -> list[str]:
    """Return the failed rows of a test as lines: the column names, then the rows, masked.

    Raises CommandError when there is no view of them, TransientError while a build is at work.
    """
    name = test["name"]
    if not test["config"].get("store_failures"):
        raise CommandError(
            f"{name} keeps no rows: all that it flags are nulls; query the table that it is on"
        )
    if not database.exists():
        raise CommandError(f"{database} is not there: build first with `make build`")
    view = f"{quoted(test['schema'])}.{quoted(test['alias'])}"
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            give_key(connection, load_id_key(database))
            (total,) = connection.execute(f"select count(*) from {view}").fetchall()[0]
            found = connection.execute(f"from {view} limit {most_rows}")
            names = [column[0] for column in found.description]
            rows = found.fetchall()
    except IdKeyError as error:
        raise CommandError(str(error)) from error
    except duckdb.IOException as error:
        raise TransientError(f"{database}: {str(error).splitlines()[0]}") from error
    except duckdb.CatalogException as error:
        raise CommandError(
            f"{name} has not run in {database}: a node above it failed, or the build left it out"
        ) from error
    except duckdb.Error as error:
        # The rest of its message may hold a value.
        raise CommandError(f"{name} cannot be read: {type(error).__name__}") from error
    shown = shown_columns(manifest)
    column = test.get("column_name") or ""
    kept = [
        [_cell(shown, one, column, value) for one, value in zip(names, row, strict=True)]
        for row in rows
    ]
    more = f", of which {len(rows):,} are shown" if total > len(rows) else ""
    return [
        *([" | ".join(names)] if rows else []),
        *(" | ".join(cells) for cells in kept),
        f"{total:,} rows fail {name}{more}",
    ]


def _cell(shown: ShownColumns, name: str, tested: str, value: Any) -> str:
    if value is None:
        return "null"
    is_text = not isinstance(value, numbers.Number | bool | date | time | timedelta)
    text = shown.text(name, tested, str(value), is_text=is_text)
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"


def _test(manifest: Manifest, name: str) -> Node:
    found = [test for test in manifest.tests.values() if test["name"] == name]
    if len(found) != 1:
        raise CommandError(
            f"{name} is no data test of the last build: `logmart quality failures` lists those that"
            " did not pass"
        )
    return found[0]
