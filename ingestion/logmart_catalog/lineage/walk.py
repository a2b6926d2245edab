"""Walks column lineage up to a column's origins, or down to its descendants. Pure functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from logmart_catalog.errors import CatalogError
from logmart_catalog.lineage.model import ColumnLineage, ColumnRef, ProjectLineage

_Next = tuple[ColumnRef, ColumnLineage]
_Column = tuple[str, str]


class UnknownColumnError(CatalogError):
    """The requested column is not in the project, or its name is ambiguous."""


def find_column(project: ProjectLineage, name: str) -> ColumnRef:
    """Return the column named `schema.table.column`, or `table.column` if that is unambiguous.

    Raises UnknownColumnError when there is no such column, or more than one.
    """
    wanted = name.lower()
    found = [
        ColumnRef(unique_id, column.column)
        for unique_id, table in project.tables.items()
        for column in table.columns
        if f".{project.names[unique_id]}.{column.column}".lower().endswith(f".{wanted}")
    ]
    if len(found) != 1:
        problem = "is no column of the project" if not found else f"is {len(found)} columns"
        raise UnknownColumnError(f"{name} {problem}; name it as schema.table.column")
    return found[0]


def tree(project: ProjectLineage, start: ColumnRef, *, down: bool = False) -> str:
    """Return the tree above or below a column, one line for each column. A column that was listed
    before is not expanded again.
    """
    onward = _children(project) if down else _parents(project)
    lines = [_title(project, start)]
    seen: set[_Column] = set()

    def grow(column: ColumnRef, indent: str) -> None:
        seen.add((column.relation, column.column))
        following = list(onward(column))
        for place, (reference, lineage) in enumerate(following, start=1):
            last = place == len(following)
            again = (reference.relation, reference.column) in seen
            lines.append(
                f"{indent}{'└─' if last else '├─'} {_title(project, reference)}"
                f"  {lineage.kind}{' (above)' if again else ''}"
            )
            if not again:
                grow(reference, indent + ("   " if last else "│  "))
        lines.extend(f"{indent}   ? {reason}" for reason in _reasons(project, column, down))

    grow(start, "")
    return "\n".join(lines)


def _title(project: ProjectLineage, column: ColumnRef) -> str:
    return f"{project.names.get(column.relation, column.relation)}.{column.name}"


def _parents(project: ProjectLineage) -> Callable[[ColumnRef], Iterator[_Next]]:
    by_column = _by_column(project)

    def onward(column: ColumnRef) -> Iterator[_Next]:
        lineage = by_column.get((column.relation, column.column))
        if lineage is not None:
            yield from ((parent, lineage) for parent in lineage.parents)

    return onward


def _children(project: ProjectLineage) -> Callable[[ColumnRef], Iterator[_Next]]:
    below: dict[_Column, list[_Next]] = {}
    for (relation, _), lineage in _by_column(project).items():
        for parent in dict.fromkeys((parent.relation, parent.column) for parent in lineage.parents):
            below.setdefault(parent, []).append((ColumnRef(relation, lineage.column), lineage))
    return lambda column: iter(below.get((column.relation, column.column), []))


def _by_column(project: ProjectLineage) -> dict[_Column, ColumnLineage]:
    return {
        (table.relation, column.column): column
        for table in project.tables.values()
        for column in table.columns
    }


def _reasons(project: ProjectLineage, column: ColumnRef, down: bool) -> tuple[str, ...]:
    lineage = _by_column(project).get((column.relation, column.column))
    return () if down or lineage is None else lineage.reasons
