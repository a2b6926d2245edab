"""Compares the desired state, the actual state and the marks (last applied). Pure functions.

The module `merge` decides for one entity how these three combine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from logmart_catalog.errors import RemovalRefusedError
from logmart_catalog.plan.actions import Action, Foreign, Plan, Verb
from logmart_catalog.plan.incidents import incident_actions
from logmart_catalog.plan.merge import merge_asset, merge_table
from logmart_catalog.plan.moves import with_moves
from logmart_catalog.state.asset_kinds import ASSET_KINDS, INCIDENT, ORDER, TABLE
from logmart_catalog.state.model import AssetKey, CatalogState, Container, Edge, Mark
from logmart_catalog.state.names import split_fqn
from logmart_catalog.state.out_of_scope import (
    is_asset_out_of_scope,
    is_edge_out_of_scope,
    is_out_of_scope,
    with_foreign_keys_out_of_scope,
)


@dataclass(frozen=True)
class _Compared:
    """The comparison of one kind of entity."""

    added: list[Action]
    removed: list[Action]
    foreign: list[Foreign]
    unchanged: int = 0


def diff(desired: CatalogState, actual: CatalogState) -> Plan:
    """Compare two catalog states and return the ordered actions that turn `actual` into `desired`.

    Entities are matched by fully qualified name. The order lets each action succeed in its turn:
    teams, tags and containers before tables, tables before other assets, edges after both, removals
    last, from the inside out. Entities without the mark of the desired state's project are never
    removed. Entities of another project and entities out of scope are left as they are.
    """
    desired = with_foreign_keys_out_of_scope(desired, actual)
    tables = _compare_tables(desired, actual)
    leaving = {action.name for action in tables.removed}
    added, removed = with_moves(tables.added, tables.removed, desired, actual)
    containers = _compare_containers(desired, actual, leaving)
    edges = _compare_edges(desired, actual)
    assets = _compare_assets(desired, actual)
    first = [action for action in assets.added if ASSET_KINDS[action.kind].before_tables]
    later = [action for action in assets.added if not ASSET_KINDS[action.kind].before_tables]
    teams = [Action(None, team) for name, team in desired.teams.items() if name not in actual.teams]
    return Plan(
        (
            *teams,
            *first,
            *containers.added,
            *added,
            *later,
            *edges.added,
            *edges.removed,
            *assets.removed,
            *removed,
            *containers.removed,
        ),
        (*tables.foreign, *containers.foreign, *edges.foreign, *assets.foreign),
        sum(compared.unchanged for compared in (containers, tables, edges, assets)),
        len([table for table in actual.tables.values() if _is_ours(table.mark, desired)]),
    )


def check_removals(plan: Plan, max_share: float) -> None:
    """Raise RemovalRefusedError when a plan removes more than a share (0 to 1) of our tables."""
    removed = plan.count(Verb.REMOVE, "table")
    if removed > max_share * plan.our_tables:
        raise RemovalRefusedError(
            f"the plan removes {removed} of {plan.our_tables} tables, more than the allowed share"
            f" of {max_share:g}; nothing was written. Look at `plan`, then give --allow-removals"
        )


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
            merged, foreign = merge_table(wanted, found, actual.exclusive)
            compared.foreign.extend(foreign)
            unchanged += merged == found
            if merged != found:
                compared.added.append(Action(found, merged))
    for key, found in sorted(actual.tables.items()):
        if key not in desired.tables:
            if _is_ours(found.mark, desired) and is_out_of_scope(desired, key):
                continue
            if _is_ours(found.mark, desired):
                compared.removed.append(Action(found, None))
            else:
                compared.foreign.append(Foreign(key, "table"))
    return replace(compared, unchanged=unchanged)


def _compare_containers(
    desired: CatalogState, actual: CatalogState, leaving: set[str]
) -> _Compared:
    """Compare services, databases and schemas. In: `leaving`, the tables that are removed."""
    compared = _Compared([], [], [])
    staying = [table.parts for key, table in actual.tables.items() if key not in leaving]
    out_of_scope = [
        table.parts for key, table in actual.tables.items() if is_out_of_scope(desired, key)
    ]
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
        if _is_ours(found.mark, desired) and (
            desired.out_of_scope.others or _holds(found, out_of_scope)
        ):
            staying.append(found.parts)
        elif _is_ours(found.mark, desired) and not _holds(found, staying):
            compared.removed.append(Action(found, None))
        else:
            compared.foreign.append(Foreign(key, found.kind))
            staying.append(found.parts)
    return replace(compared, unchanged=unchanged)


def _compare_edges(desired: CatalogState, actual: CatalogState) -> _Compared:
    compared = _Compared([], [], [])
    unchanged = 0
    for key, edge in sorted(desired.edges.items()):
        found = actual.edges.get(key)
        if found is None:
            compared.added.append(Action(None, edge))
        elif found != edge and _is_dbts(found, desired):
            compared.added.append(Action(found, edge))
        else:
            unchanged += 1
    for key, found in sorted(actual.edges.items()):
        if key in desired.edges and (found.project or _is_dbts(found, desired)):
            continue
        if found.project == desired.project and is_edge_out_of_scope(desired, found):
            continue
        # The same project may be published to another service too, and both may share a metric.
        if found.project == desired.project and _is_of_service(found, desired.service):
            compared.removed.append(Action(found, None))
        else:
            name = f"{found.upstream} -> {found.downstream}"
            compared.foreign.append(Foreign(name, "edge"))
    return replace(compared, unchanged=unchanged)


def _compare_assets(desired: CatalogState, actual: CatalogState) -> _Compared:
    compared = _Compared([], [], [])
    unchanged = 0
    for key, wanted in sorted(desired.assets.items(), key=_asset_order):
        found = actual.assets.get(key)
        if wanted.kind == INCIDENT:
            continue
        if found is None:
            compared.added.append(Action(None, wanted))
        elif found.mark is not None and not _is_ours(found.mark, desired):
            where = f" in service {found.mark.service}" if found.mark.service else ""
            text = f"{wanted.kind} of the project {found.mark.project}{where}"
            compared.foreign.append(Foreign(wanted.fqn, text))
        else:
            merged, foreign = merge_asset(wanted, found)
            compared.foreign.extend(foreign)
            unchanged += merged == found
            if merged != found:
                compared.added.append(Action(found, merged))
    compared.added.extend(incident_actions(desired, actual))
    for key, found in sorted(actual.assets.items(), key=_asset_order, reverse=True):
        kind = ASSET_KINDS[found.kind]
        if key in desired.assets or kind.shared or kind.history:
            continue
        if _is_ours(found.mark, desired) and is_asset_out_of_scope(desired, found):
            continue
        if _is_ours(found.mark, desired):
            compared.removed.append(Action(found, None))
        else:
            compared.foreign.append(Foreign(found.fqn, found.kind))
    return replace(compared, unchanged=unchanged)


def _asset_order(item: tuple[AssetKey, object]) -> tuple[int, str]:
    (kind, name), _ = item
    return ORDER.index(kind), name


def _is_dbts(found: Edge, desired: CatalogState) -> bool:
    """Whether an edge is of this project, or an unmarked edge of another dbt sync."""
    if found.project:
        return found.project == desired.project
    return found.source == "DbtLineage"


def _is_of_service(edge: Edge, service: str) -> bool:
    """Whether an edge starts at a table of a service, or at a metric, which is in no service."""
    return edge.upstream_kind != TABLE or split_fqn(edge.upstream)[0] == service


def _holds(container: Container, parts: Iterable[tuple[str, ...]]) -> bool:
    depth = len(container.parts)
    return any(table_parts[:depth] == container.parts for table_parts in parts)


def _is_ours(mark: Mark | None, desired: CatalogState) -> bool:
    if mark is None or mark.project != desired.project:
        return False
    return mark.service in ("", desired.service)
