"""Strategies of catalog states."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from logmart_catalog.column_types import parse_type
from logmart_catalog.marks import marked
from logmart_catalog.names import fqn
from logmart_catalog.state import (
    CatalogState,
    Column,
    Container,
    Edge,
    Mark,
    Table,
    Team,
)

OURS, THEIRS = "ours", "theirs"
SERVICE = "warehouse"
names = st.sampled_from(["a", "b", "c.d", "고객"])
texts = st.sampled_from(["", "", "One.", "Two.", "셋"])
spellings = ["integer", "varchar", "varchar(5)", "decimal(9,2)", "struct(a integer)[]", "geode"]


@st.composite
def columns(draw: st.DrawFn) -> tuple[Column, ...]:
    """Columns of different names."""
    drawn = draw(st.lists(names, unique=True, max_size=4))
    kinds = st.sampled_from(spellings).map(parse_type)
    return tuple(Column(name, draw(kinds), draw(texts)) for name in drawn)


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Table]:
    """Tables, without marks."""
    found = {}
    for database, schema, name in draw(st.sets(st.tuples(names, names, names), max_size=5)):
        table = Table(
            (SERVICE, database, schema, name),
            draw(st.sampled_from(["Regular", "View"])),
            draw(columns()),
            draw(texts),
            draw(st.sampled_from([(), ("Growth",), ("Risk",)])),
        )
        found[table.fqn] = table
    return found


@st.composite
def desired_states(draw: st.DrawFn) -> CatalogState:
    """States as dbt's artifacts give them: all marked as ours."""
    found = {key: marked(table, OURS) for key, table in draw(tables()).items()}
    containers = {fqn((SERVICE,)): Container((SERVICE,))}
    for table in found.values():
        for depth in (2, 3):
            container = Container(table.parts[:depth], Mark(OURS))
            containers[container.fqn] = container
    owners = {owner for table in found.values() for owner in table.owners}
    teams = {owner: Team(owner) for owner in owners}
    return CatalogState(SERVICE, OURS, containers, found, draw(edges(found, OURS)), teams)


@st.composite
def edges(draw: st.DrawFn, found: dict[str, Table], project: str) -> dict[tuple[str, str], Edge]:
    """Edges between different tables."""
    keys = sorted(found)
    if not keys:
        return {}
    pairs = st.tuples(st.sampled_from(keys), st.sampled_from(keys))
    drawn = [Edge(one, other, project) for one, other in draw(st.sets(pairs, max_size=4))]
    return {edge.key: edge for edge in drawn if edge.upstream != edge.downstream}


@st.composite
def actual_states(draw: st.DrawFn) -> CatalogState:
    """States as a server may hold them: ours, others', and ours with changes by hand."""
    state = draw(desired_states())
    found = {}
    for key, table in state.tables.items():
        mark = draw(st.sampled_from([table.mark, None, Mark(THEIRS)]))
        found[key] = replace(table, mark=mark, description=draw(texts), type="Regular")
    containers = {
        key: replace(one, mark=one.mark and draw(st.sampled_from([one.mark, None, Mark(THEIRS)])))
        for key, one in state.containers.items()
    }
    drawn = draw(edges(found, draw(st.sampled_from([OURS, THEIRS, ""]))))
    return replace(state, containers=containers, tables=found, edges=drawn)
