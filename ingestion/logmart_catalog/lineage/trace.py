"""The lineage of one query."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from logmart_catalog.lineage.derivation import Derivation, gap, outermost
from logmart_catalog.lineage.expressions import derive
from logmart_catalog.lineage.model import ColumnLineage, Kind, TableLineage
from logmart_catalog.lineage.parsing import NotParsedError, parse, whereabouts
from logmart_catalog.lineage.queries import query_relation
from logmart_catalog.lineage.scope import Relation, Scope, unknown
from logmart_catalog.lineage.tracer import Keys, Tracer


def _no_file(location: str) -> Relation | None:
    return None


@dataclass(frozen=True)
class Environment:
    """Where a query runs: its dialect, as sqlglot names it, and what tables and files it can read.

    `table` is asked with a qualified name, innermost last; `file` with a path, or a call that
    reads files; `where` says what precedes a message about a line of the query.
    """

    dialect: str
    table: Callable[[Sequence[str]], Relation]
    file: Callable[[str], Relation | None] = field(default=_no_file)
    where: Callable[[int], str] = field(default=whereabouts)


def trace_query(
    sql: str, columns: Sequence[str], relation: str, environment: Environment
) -> TableLineage:
    """Return where the columns of a relation come from, by the query that makes it.

    In: `columns`, the names of the relation's columns in their order, as the warehouse has them;
    empty takes those the query names. Nothing is raised: what cannot be read is a reason.
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
    """Return the derivation of each column of a relation: by name, and by position where the query
    gives none.
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
