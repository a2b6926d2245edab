"""Builds what a change touches on a copy of main's database.

The copy stands in for dbt's deferral: what is not touched is there already, as main built it. What
is touched is taken out of the copy first, so that an incremental model is loaded whole and a
snapshot begins anew, as in a build from nothing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from logmart.dbt.manifest import Manifest, Node, quoted
from logmart.gate.build import build
from logmart.gate.selection import Selection
from logmart.gate.workplace import FAILED, NodeResult, Workplace
from logmart.landed.private_files import make_private, make_private_folder


@dataclass(frozen=True)
class Built:
    """What came of a build: the results, and what could not be built, by unique id."""

    results: tuple[NodeResult, ...]
    unbuilt: frozenset[str]


def copy_database(source: Path, database: Path) -> None:
    """Copy main's database to where dbt builds."""
    make_private_folder(database.parent)
    shutil.copyfile(source, database)
    make_private(database)


def slim_build(workplace: Workplace, base: Manifest, head: Manifest, selection: Selection) -> Built:
    """Build and test a selection in a copy of main's database."""
    gone = [base.built[one] for one in selection.removed | selection.touched if one in base.built]
    drop(workplace.database, gone)
    nodes = [head.built[one] for one in sorted(selection.touched)]
    tests = {**head.tests, **head.part("unit_tests")}
    nodes += [tests[one] for one in sorted(selection.tests)]
    selected = [f"fqn:{'.'.join(node['fqn'])}" for node in nodes]
    return outcome(build(workplace, ["--select", *selected]) if selected else [])


def outcome(results: Iterable[NodeResult]) -> Built:
    """Return what came of a build, by its results."""
    kept = tuple(results)
    return Built(
        kept,
        frozenset(
            one.unique_id
            for one in kept
            if one.kind in ("model", "seed", "snapshot") and one.status in FAILED | {"skipped"}
        ),
    )


def drop(database: Path, nodes: Iterable[Node]) -> None:
    """Take relations out of a database; those that are not there are passed over."""
    with duckdb.connect(str(database)) as connection:
        kinds = {
            (schema, name): kind
            for schema, name, kind in connection.execute(
                "select table_schema, table_name, table_type from information_schema.tables"
                " where table_catalog = current_database()"
            ).fetchall()
        }
        for node in nodes:
            place = (node["schema"], node.get("alias") or node["name"])
            if place in kinds:
                what = "view" if kinds[place] == "VIEW" else "table"
                connection.execute(f"drop {what} {quoted(place[0])}.{quoted(place[1])}")
