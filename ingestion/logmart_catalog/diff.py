"""What has to change: three states compared. Pure functions.

What dbt says, what the catalog holds, and what was last written there (the marks) decide together.
A text that dbt gives wins. One that dbt no longer gives is cleared if it is still what was last
written, and kept if somebody else wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from logmart_catalog.errors import RemovalRefusedError
from logmart_catalog.plan import Action, Foreign, Plan, Verb
from logmart_catalog.state import CatalogState, Column, Container, Mark, Table, digest


@dataclass(frozen=True)
class _Compared:
    """The outcome for one kind of entity."""

    added: list[Action]
    removed: list[Action]
    foreign: list[Foreign]
    unchanged: int = 0


def diff(desired: CatalogState, actual: CatalogState) -> Plan:
    """Compare two catalog states and return the ordered actions that turn `actual` into `desired`.

    Entities are matched by fully qualified name. Actions are ordered so that each can be applied
    when its turn comes: teams and containers before tables, tables before edges, removals last,
    from the inside out. Entities without a mark of the desired state's project are never removed;
    those of another project are left as they are.
    """
    tables = _compare_tables(desired, actual)
    leaving = {action.name for action in tables.removed}
    containers = _compare_containers(desired, actual, leaving)
    edges = _compare_edges(desired, actual)
    teams = [Action(None, team) for name, team in desired.teams.items() if name not in actual.teams]
    return Plan(
        (
            *teams,
            *containers.added,
            *tables.added,
            *edges.added,
            *edges.removed,
            *tables.removed,
            *containers.removed,
        ),
        (*tables.foreign, *containers.foreign, *edges.foreign),
        containers.unchanged + tables.unchanged + edges.unchanged,
        len([one for one in actual.tables.values() if _is_ours(one.mark, desired)]),
    )


def check_removals(plan: Plan, max_share: float) -> None:
    """Refuse a plan that removes more than a share (0 to 1) of our tables.

    Raises RemovalRefusedError.
    """
    removed = plan.count(Verb.REMOVE, "table")
    if removed > max_share * plan.our_tables:
        raise RemovalRefusedError(
            f"the plan removes {removed} of {plan.our_tables} tables, more than the allowed share"
            f" of {max_share:g}; nothing was written. Look at `plan`, then give --allow-removals"
        )


def merge_table(desired: Table, actual: Table) -> tuple[Table, list[Foreign]]:
    """Return a table of dbt's as it should be, given what it is, and what others wrote on it."""
    last = actual.mark.digests if actual.mark else {}
    foreign: list[Foreign] = []

    def settle(key: str, wanted: tuple[str, ...], found: tuple[str, ...]) -> tuple[str, ...]:
        if wanted or not found or last.get(key) == digest(found):
            return wanted
        foreign.append(Foreign(desired.fqn, _foreign_text(key)))
        return found

    described = {column.name: column.description for column in actual.columns}
    columns = []
    for column in desired.columns:
        text = _some(described.get(column.name, ""))
        kept = settle(f"column:{column.name}", _some(column.description), text)
        columns.append(Column(column.name, column.type, "".join(kept)))
    description = settle("description", _some(desired.description), _some(actual.description))
    owners = settle("owners", desired.owners, actual.owners)
    merged = replace(
        desired, columns=tuple(columns), description="".join(description), owners=owners
    )
    return merged, foreign


def _compare_tables(desired: CatalogState, actual: CatalogState) -> _Compared:
    compared = _Compared([], [], [])
    unchanged = 0
    for key, wanted in sorted(desired.tables.items()):
        found = actual.tables.get(key)
        if found is None:
            compared.added.append(Action(None, wanted))
        elif found.mark is not None and not _is_ours(found.mark, desired):
            compared.foreign.append(Foreign(key, f"table of the project {found.mark.project}"))
        else:
            merged, foreign = merge_table(wanted, found)
            compared.foreign.extend(foreign)
            unchanged += merged == found
            if merged != found:
                compared.added.append(Action(found, merged))
    for key, found in sorted(actual.tables.items()):
        if key not in desired.tables:
            if _is_ours(found.mark, desired):
                compared.removed.append(Action(found, None))
            else:
                compared.foreign.append(Foreign(key, "table"))
    return replace(compared, unchanged=unchanged)


def _compare_containers(
    desired: CatalogState, actual: CatalogState, leaving: set[str]
) -> _Compared:
    """Compare services, databases and schemas; `leaving` are tables that are removed."""
    compared = _Compared([], [], [])
    staying = [table.parts for key, table in actual.tables.items() if key not in leaving]
    unchanged = 0
    for key, wanted in sorted(desired.containers.items(), key=lambda item: len(item[1].parts)):
        found = actual.containers.get(key)
        if found is None:
            compared.added.append(Action(None, wanted))
        elif found.mark is None and wanted.mark is not None:
            compared.added.append(Action(found, wanted))
        else:
            unchanged += 1
    for key, found in sorted(actual.containers.items(), key=lambda item: -len(item[1].parts)):
        if key in desired.containers or found.kind == "service":
            continue
        if _is_ours(found.mark, desired) and not _holds(found, staying):
            compared.removed.append(Action(found, None))
        else:
            compared.foreign.append(Foreign(key, found.kind))
            staying.append(found.parts)
    return replace(compared, unchanged=unchanged)


def _compare_edges(desired: CatalogState, actual: CatalogState) -> _Compared:
    compared = _Compared([], [], [])
    unchanged = 0
    for key, edge in sorted(desired.edges.items()):
        if key in actual.edges:
            unchanged += 1
        else:
            compared.added.append(Action(None, edge))
    for key, found in sorted(actual.edges.items()):
        if key in desired.edges and found.project:
            continue
        if found.project == desired.project:
            compared.removed.append(Action(found, None))
        else:
            name = f"{found.upstream} -> {found.downstream}"
            compared.foreign.append(Foreign(name, "edge"))
    return replace(compared, unchanged=unchanged)


def _holds(container: Container, parts: Iterable[tuple[str, ...]]) -> bool:
    depth = len(container.parts)
    return any(one[:depth] == container.parts for one in parts)


def _is_ours(mark: Mark | None, desired: CatalogState) -> bool:
    return mark is not None and mark.project == desired.project


def _some(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _foreign_text(key: str) -> str:
    prefix, _, column = key.partition(":")
    return f"description of column {column}" if prefix == "column" else key
