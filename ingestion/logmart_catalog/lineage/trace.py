"""Traces the column lineage of one query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from logmart_catalog.lineage.derivation import Derivation, gap, outermost
from logmart_catalog.lineage.expressions import derive
from logmart_catalog.lineage.model import ColumnLineage, Kind, TableLineage
from logmart_catalog.lineage.parsing import NotParsedError, line_prefix, parse
from logmart_catalog.lineage.queries import query_relation
from logmart_catalog.lineage.scope import Relation, Scope, unknown
from logmart_catalog.lineage.tracer import Keys, Tracer


def _no_file(location: str) -> Relation | None:
    return None


@dataclass(frozen=True)
class Environment:
    """The environment of a query: its dialect in sqlglot, and the tables and files it can read.

    `table` resolves a qualified name, table last; `file` resolves a path, or a call that reads
    files; `where` gives the prefix of a message about a line of the query.
    """

    dialect: str
    table: Callable[[Sequence[str]], Relation]
    file: Callable[[str], Relation | None] = field(default=_no_file)
    where: Callable[[int], str] = field(default=line_prefix)


def trace_query(
    sql: str, columns: Sequence[str], relation: str, environment: Environment
) -> TableLineage:
    """Return the lineage of a relation's columns from the query that builds it.

    In: `columns`, the relation's columns in the warehouse's order; when it is empty, the columns
    are those of the query. Nothing is raised: a query that cannot be parsed becomes a reason.
    """
    keys = Keys()
    tracer = Tracer(
        environment.dialect, environment.table, environment.file, query_relation, derive, keys
    )
    try:
        tree = parse(sql, environment.dialect, environment.where)
        found = _matched(query_relation(tree, Scope({}), tracer), columns)
    except NotParsedError as error:
        found = _matched(unknown(f"parse: {error}"), columns)
    except RecursionError:
        found = _matched(unknown("parse: the SQL is nested too deeply"), columns)
    return TableLineage(
        relation,
        tuple(lineage(name, value) for name, value in found),
        tuple(sorted(keys.found)),
        tuple(sorted(keys.gaps)),
    )


def lineage(name: str, value: Derivation) -> ColumnLineage:
    """Return a derivation as the lineage of a column."""
    kind = Kind.UNTRACED if value.gaps else value.kind
    return ColumnLineage(name, kind, outermost(value.parents), tuple(sorted(value.gaps)))


def _matched(output: Relation, columns: Sequence[str]) -> list[tuple[str, Derivation]]:
    """Return the derivation of each column of a relation: by name, or by position when the query
    does not name its column.
    """
    if not columns:
        return [(name or f"column {place}", value) for place, (name, value) in _numbered(output)]
    named = output.by_name
    unnamed = output.rest is None and len(output.columns) == len(columns)
    found = []
    for place, name in enumerate(columns):
        value = named.get(name.lower()) if name else None
        if value is None and unnamed and not output.columns[place][0]:
            value = output.columns[place][1]
        if value is None and output.rest is not None:
            value = output.rest(name)
        found.append((name, value or gap("the model's SQL selects no such column")))
    return found


def _numbered(output: Relation) -> list[tuple[int, tuple[str, Derivation]]]:
    return list(enumerate(output.columns, start=1))
