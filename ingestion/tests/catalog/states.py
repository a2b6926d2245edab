"""Hypothesis strategies for catalog states."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from logmart_catalog.state.column_types import parse_type
from logmart_catalog.state.marks import marked
from logmart_catalog.state.model import (
    Asset,
    CatalogState,
    Column,
    ColumnPair,
    Container,
    DataModel,
    Edge,
    Key,
    Mark,
    Table,
    Team,
)
from logmart_catalog.state.names import fqn

OURS, THEIRS = "ours", "theirs"
SERVICE = "warehouse"
names = st.sampled_from(["a", "b", "c.d", "고객"])
queries = st.sampled_from(["select 1", "select a from b"])
texts = st.sampled_from(["", "", "One.", "Two.", "셋"])
labels = st.sets(st.sampled_from(["Fruit.Ripe", "Fruit.Raw"])).map(lambda one: tuple(sorted(one)))
spellings = ["integer", "varchar", "varchar(5)", "decimal(9,2)", "struct(a integer)[]", "geode"]
# Strategies are made once: hypothesis checks a new one each time that it is drawn from.
column_names = st.lists(names, unique=True, max_size=4)
column_types = st.sampled_from(spellings).map(parse_type)
constraints = st.sampled_from(["", "", "NOT_NULL", "UNIQUE"])
table_names = st.sets(st.tuples(names, names, names), max_size=5)
table_types = st.sampled_from(["Regular", "View"])
owners = st.sampled_from([(), ("Growth",), ("Risk",)])
projects = st.sampled_from([OURS, THEIRS, ""])
booleans = st.booleans()


@st.composite
def columns(draw: st.DrawFn) -> tuple[Column, ...]:
    """Columns of different names."""
    return tuple(
        Column(name, draw(column_types), draw(texts), draw(labels), constraint=draw(constraints))
        for name in draw(column_names)
    )


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Table]:
    """Tables, without marks."""
    found = {}
    for database, schema, name in draw(table_names):
        own = draw(columns())
        keyed = draw(st.sets(st.sampled_from([one.name for one in own]))) if own else set()
        table = Table(
            (SERVICE, database, schema, name),
            draw(table_types),
            own,
            draw(texts),
            draw(owners),
            tags=draw(labels),
            keys=(Key("UNIQUE", tuple(sorted(keyed))),) if keyed else (),
            data_model=DataModel("model", OURS, "models/a.sql", draw(queries), "select 1"),
        )
        found[table.fqn] = table
    return found


@st.composite
def desired_states(draw: st.DrawFn) -> CatalogState:
    """Desired states as dbt's artifacts give them: all entities are marked as ours."""
    found = {key: marked(table, OURS) for key, table in draw(tables()).items()}
    containers = {fqn((SERVICE,)): Container((SERVICE,))}
    for table in found.values():
        for depth in (2, 3):
            container = Container(table.parts[:depth], Mark(OURS))
            containers[container.fqn] = container
    teams = {owner: Team(owner) for table in found.values() for owner in table.owners}
    tags = {tag for table in found.values() for tag in table.tags}
    tags.update(tag for table in found.values() for one in table.columns for tag in one.tags)
    named = [("classification", "Fruit"), *(("tag", tag) for tag in sorted(tags))] if tags else []
    assets = {key: Asset(*key) for key in named}
    joined = draw(edges(found, OURS))
    return CatalogState(SERVICE, OURS, containers, found, joined, teams, assets)


@st.composite
def edges(draw: st.DrawFn, found: dict[str, Table], project: str) -> dict[tuple[str, str], Edge]:
    """Edges between different tables."""
    keys = sorted(found)
    if not keys:
        return {}
    pairs = st.tuples(st.sampled_from(keys), st.sampled_from(keys))
    drawn = [
        Edge(one, other, project, draw(queries), draw(column_pairs(found[one], found[other])))
        for one, other in draw(st.sets(pairs, max_size=4))
        if one != other
    ]
    return {edge.key: edge for edge in drawn}


@st.composite
def column_pairs(draw: st.DrawFn, upstream: Table, downstream: Table) -> tuple[ColumnPair, ...]:
    """The columns that an edge joins, each downstream column once."""
    above = [column.name for column in upstream.columns]
    if not above:
        return ()
    sources = st.sets(st.sampled_from(above), min_size=1).map(lambda one: tuple(sorted(one)))
    drawn = [ColumnPair(draw(sources), one.name) for one in downstream.columns if draw(booleans)]
    return tuple(sorted(drawn, key=lambda pair: (pair.target, pair.sources)))


@st.composite
def actual_states(draw: st.DrawFn) -> CatalogState:
    """Actual states of a server: our entities, others', and ours with changes by hand."""
    state = draw(desired_states())
    found = {}
    for key, table in state.tables.items():
        mark = draw(st.sampled_from([table.mark, None, Mark(THEIRS)]))
        found[key] = replace(table, mark=mark, description=draw(texts), type="Regular")
    containers = {
        key: replace(one, mark=one.mark and draw(st.sampled_from([one.mark, None, Mark(THEIRS)])))
        for key, one in state.containers.items()
    }
    drawn = draw(edges(found, draw(projects)))
    return replace(state, containers=containers, tables=found, edges=drawn)
