"""Reads the truth table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import yaml

from logmart_catalog.errors import CatalogError
from logmart_catalog.lineage import derivation
from logmart_catalog.lineage.model import ColumnRef, Kind, TableLineage
from logmart_catalog.lineage.scope import Relation, unknown
from logmart_catalog.lineage.snapshots import snapshot_sql, without_guesses
from logmart_catalog.lineage.trace import Environment, trace_query
from logmart_catalog.records import Record

TRUTH = Path(__file__).parent / "truth"
Schema = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Expected:
    """The truth about a column: kind, parents as `table.column.field`, a word of the reason."""

    kind: Kind
    parents: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True)
class Case:
    """A query, its construct, the truth about each column in order, and the columns known to be
    keys. `snapshot` is dbt's config when the query is a snapshot's; `missed` are the columns that
    the tracer is known to get wrong.
    """

    construct: str
    dialect: str
    sql: str
    columns: dict[str, Expected]
    keys: frozenset[str]
    snapshot: dict[str, object] | None = None
    missed: frozenset[str] = frozenset()


def read_schema() -> Schema:
    """Return the types of the columns of each table."""
    schema: Schema = yaml.safe_load((TRUTH / "schema.yaml").read_text("utf-8"))
    return schema


def read_cases() -> list[Case]:
    """Return all cases."""
    return [
        Case(
            f"{path.stem}: {one['construct']}",
            one.get("dialect", "duckdb"),
            one["sql"],
            {str(name): _expected(told) for name, told in one["columns"].items()},
            _listed(one.get("keys", "")),
            one.get("snapshot"),
            _listed(one.get("missed", "")),
        )
        for path in sorted(TRUTH.glob("*.yaml"))
        if path.name != "schema.yaml"
        for one in yaml.safe_load(path.read_text("utf-8"))
    ]


def tables(schema: Schema) -> dict[str, Relation]:
    """Return the tables in the form that the tracer reads."""
    return {
        table: Relation(
            tuple((name, derivation.column(table, name, kind)) for name, kind in columns.items())
        )
        for table, columns in schema.items()
    }


def finder(found: dict[str, Relation], parts: Sequence[str]) -> Relation:
    """Return a table by name, in any schema except `elsewhere`."""
    if len(parts) > 1 and parts[-2] == "elsewhere":
        return unknown(f"{'.'.join(parts)} is no relation of the project")
    reason = f"{'.'.join(parts)} is no relation of the project"
    return found.get(parts[-1].lower()) or unknown(reason)


def traced(case: Case, schema: Schema) -> TableLineage:
    """Return the tracer's lineage of a case."""
    environment = Environment(case.dialect, partial(finder, tables(schema)))
    columns = list(case.columns)
    if case.snapshot is None:
        return trace_query(case.sql, columns, "it", environment)
    node = Record.of(case.construct, {"config": case.snapshot}, CatalogError)
    sql = snapshot_sql(case.sql, node, case.dialect)
    return without_guesses(trace_query(sql, columns, "it", environment), node)


def spelled(parent: ColumnRef) -> str:
    """Return a parent in the spelling of the truth table."""
    return f"{parent.relation}.{parent.name}"


def _listed(text: str) -> frozenset[str]:
    return frozenset(one.strip() for one in text.split(",") if one.strip())


def _expected(told: str) -> Expected:
    kind, _, rest = told.partition(" ")
    reason = ""
    if kind == Kind.UNTRACED:
        reason, _, rest = rest.partition(" ")
    parents = tuple(sorted(one.strip() for one in rest.split(",") if one.strip()))
    return Expected(Kind(kind), parents, reason)
