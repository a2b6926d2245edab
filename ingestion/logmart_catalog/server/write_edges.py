"""Writes lineage edges to a server, and reads them back until they are stored as written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from logmart_catalog.errors import RefusedError
from logmart_catalog.plan.actions import Plan, applied, name_of
from logmart_catalog.server.apply_progress import ApplyProgress
from logmart_catalog.server.asset_kinds import Ids
from logmart_catalog.server.edges import End, edge_body, edge_path, read_edges
from logmart_catalog.server.indexed_edges import read_indexed_edges
from logmart_catalog.server.retry import ATTEMPTS, back_off
from logmart_catalog.state.asset_kinds import service_kind
from logmart_catalog.state.model import CatalogState, Edge, EdgeKey
from logmart_catalog.state.names import fqn, split_fqn

_OK_STATUS = 200


def write_edges(progress: ApplyProgress, wanted: Iterable[Edge], unwanted: Iterable[Edge]) -> None:
    """Put edges and delete others, a few at a time.

    The server fails at simultaneous writes of edges with the same lower end, or to dashboards of
    the same service, so these are written one after the other.
    """

    def write(item: tuple[Edge, bool]) -> None:
        edge, is_wanted = item
        ends = _ends(edge, progress.ids)
        if is_wanted:
            progress.api.put("/lineage", edge_body(edge, ends))
        else:
            progress.api.delete(edge_path(edge, ends))

    groups: dict[str, list[tuple[Edge, bool]]] = {}
    for edge, is_wanted in (
        *((edge, True) for edge in wanted),
        *((edge, False) for edge in unwanted),
    ):
        groups.setdefault(_meeting_at(edge), []).append((edge, is_wanted))
    progress.each_in_order(write, groups.values(), lambda item: _entity_name(item[0]))


def _meeting_at(edge: Edge) -> str:
    if service_kind(edge.downstream_kind):
        return fqn(split_fqn(edge.downstream)[:1])
    return edge.downstream


def touched_edges(plan: Plan, before: CatalogState) -> list[Edge]:
    """Return our edges, as they are after a plan, that the plan writes or whose tables it writes.

    A server may drop a column from an edge when the table is written again soon after the column
    was added. It also drops the columns that the table no longer has, from every edge.
    """
    written = {action.name for action in plan.actions if action.after and action.kind == "table"}
    edges = {action.name for action in plan.actions if action.after and action.kind == "edge"}
    after = applied(plan.actions, before)
    return [
        _with_columns_of(after, edge)
        for edge in after.edges.values()
        if name_of(edge) in edges
        or (edge.project == before.project and written & {edge.upstream, edge.downstream})
    ]


def _with_columns_of(state: CatalogState, edge: Edge) -> Edge:
    """Return an edge without the columns that its tables lack."""
    pairs = [
        replace(
            pair,
            sources=tuple(source for source in pair.sources if _has(state, edge.upstream, source)),
        )
        for pair in edge.columns
        if _has(state, edge.downstream, pair.target)
    ]
    return replace(edge, columns=tuple(pair for pair in pairs if pair.sources))


def _has(state: CatalogState, table: str, column: str) -> bool:
    """Whether a table has a column; True when the state does not hold the table."""
    found = state.tables.get(table)
    return found is None or any(found_column.name == column for found_column in found.columns)


def settle_edges(progress: ApplyProgress, edges: list[Edge]) -> None:
    """Read edges back once all tables are written, and PUT those again that differ from what was
    written, or at which the server failed (5xx), as it does when another apply writes the same
    edge. Edges that still differ after the last attempt are reported as refused.
    """
    for attempt in range(1, ATTEMPTS + 1):
        differing = _unsettled(progress, edges)
        if not differing:
            return
        if attempt > 1:
            back_off(attempt)
        for edge in differing:
            progress.forget(_entity_name(edge))
        write_edges(progress, differing, [])
        edges = differing
    for edge in _unsettled(progress, edges):
        reason = "the server answers success and stores another edge; run `apply` again"
        progress.refused.setdefault(_entity_name(edge), RefusedError(reason, _OK_STATUS))


def _unsettled(progress: ApplyProgress, edges: list[Edge]) -> list[Edge]:
    """Return the edges that the server does not hold as written, without those that it refused for
    good (4xx). Forget its failures (5xx) at the edges that it does hold.
    """
    refused = progress.refused
    edges = [
        edge
        for edge in edges
        if _entity_name(edge) not in refused or refused[_entity_name(edge)].is_failure
    ]
    differing = _differing(progress, edges)
    for edge in edges:
        if _entity_name(edge) in refused and edge not in differing:
            progress.forget(_entity_name(edge))
    return differing


def _entity_name(edge: Edge) -> str:
    return f"edge {name_of(edge)}"


def _differing(progress: ApplyProgress, edges: list[Edge]) -> list[Edge]:
    """Return the edges that the server does not hold as written.

    With a search index, the edges are compared with it, since it lacks every edge that the database
    or the pages lack. Without one they are compared with the database.
    """
    if progress.capabilities.has_index:
        shown = read_indexed_edges(progress.api, edges)
        return [edge for edge in edges if not shown.has(edge)]
    stored = _stored(progress, edges)
    return [edge for edge in edges if stored.get(edge.key) != edge]


def _stored(progress: ApplyProgress, edges: list[Edge]) -> dict[EdgeKey, Edge]:
    """Return the edges in the database that have the same lower ends."""
    ends = {End(*edge.end, progress.ids.of_end(edge.end)): None for edge in edges}
    return read_edges(progress.api, list(ends))[0]


def _ends(edge: Edge, ids: Ids) -> tuple[str, str]:
    return ids.of_end(edge.start), ids.of_end(edge.end)
