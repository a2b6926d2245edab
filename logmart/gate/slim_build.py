"""Builds the nodes that a change touches on a copy of main's database.

The copy replaces dbt's deferral: untouched nodes are already there, as main built them. Touched
nodes are dropped from the copy first, so that an incremental model is loaded whole and a snapshot
begins anew, as in a build from nothing.
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
    """The outcome of a build: the results, and the unique ids of nodes that could not be built."""

    results: tuple[NodeResult, ...]
    unbuilt: frozenset[str]


def copy_database(source: Path, database: Path) -> None:
    """Copy main's database to the file that dbt builds in."""
    make_private_folder(database.parent)
    shutil.copyfile(source, database)
    make_private(database)


def slim_build(workplace: Workplace, base: Manifest, head: Manifest, selection: Selection) -> Built:
    """Build and test a selection in a copy of main's database."""
    gone = [
        base.built[unique_id]
        for unique_id in selection.removed | selection.touched
        if unique_id in base.built
    ]
    drop(workplace.database, gone)
    nodes = [head.built[unique_id] for unique_id in sorted(selection.touched)]
    tests = {**head.tests, **head.part("unit_tests")}
    nodes += [tests[unique_id] for unique_id in sorted(selection.tests)]
    selected = [f"fqn:{'.'.join(node['fqn'])}" for node in nodes]
    return outcome(build(workplace, ["--select", *selected]) if selected else [])


def outcome(results: Iterable[NodeResult]) -> Built:
    """Return the outcome of a build from its results."""
    kept = tuple(results)
    return Built(
        kept,
        frozenset(
            result.unique_id
            for result in kept
            if result.kind in ("model", "seed", "snapshot")
            and result.status in FAILED | {"skipped"}
        ),
    )


def drop(database: Path, nodes: Iterable[Node]) -> None:
    """Drop the relations of nodes from a database, where they exist."""
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
                relation_kind = "view" if kinds[place] == "VIEW" else "table"
                connection.execute(f"drop {relation_kind} {quoted(place[0])}.{quoted(place[1])}")
