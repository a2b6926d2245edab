"""Every desired state arrives on the server and is read back unchanged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logmart_catalog import engine
from logmart_catalog.config import Config, Connection
from logmart_catalog.desired.build import Desired
from logmart_catalog.engine import Consent
from logmart_catalog.server.client import Api
from logmart_catalog.server.read import read_actual
from logmart_catalog.state.capabilities import Capabilities
from logmart_catalog.state.column_types import parse_type
from logmart_catalog.state.marks import marked
from logmart_catalog.state.model import CatalogState, Column, Container, Edge, Mark, Table
from logmart_catalog.state.names import fqn, stored_name

from .states import OURS, SERVICE, desired_states
from .support import TOKEN, StandIn

CONFIG = Config(SERVICE, "mart", create_teams=True)
FEW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
MANY = settings(FEW, max_examples=150)


def forget(standin: StandIn) -> None:
    """Remove the service of all examples for good."""
    found = standin.call("GET", "services/databaseServices?include=all&limit=1000")["data"]
    for one in found:
        if one["name"] == SERVICE:
            path = f"services/databaseServices/{one['id']}?hardDelete=true&recursive=true"
            standin.call("DELETE", path)


def apply(standin: StandIn, state: CatalogState) -> int:
    """Apply a state; return the number of writes."""
    report = engine.apply_server(
        Desired(state),
        Connection(standin.host, TOKEN),
        CONFIG,
        consent=Consent(removals=True),
        show=lambda found: None,
    )
    return report.writes


def check_round_trip(standin: StandIn, states: list[CatalogState]) -> None:
    """Apply states one after the other; each must be read back unchanged, and need no further
    write.
    """
    forget(standin)
    for state in states:
        apply(standin, state)
        found = read_actual(Api(Connection(standin.host, TOKEN)), state, Capabilities()).state
        assert found.tables == state.tables
        assert _living(found.containers) == _living(state.containers)
        assert found.edges == state.edges
        assert apply(standin, state) == 0


def _living(containers: Mapping[str, Container]) -> dict[str, Container]:
    return {key: one for key, one in containers.items() if one.kind != "service"}


@FEW
@given(st.lists(desired_states(), min_size=1, max_size=3))
def test_what_is_applied_is_read_back(standin: StandIn, states: list[CatalogState]) -> None:
    check_round_trip(standin, states)


@pytest.mark.deep
@MANY
@given(st.lists(desired_states(), min_size=1, max_size=4))
def test_what_is_applied_is_read_back_many_times(
    standin: StandIn, states: list[CatalogState]
) -> None:
    check_round_trip(standin, states)


_CHARACTERS = st.one_of(
    st.sampled_from(list(".'/\\ `|*?%#&<>@:;,~^()[]{}\"-_=+!$\n\t")),
    st.sampled_from(list("가나다 é😀漢字ßÅ")),
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]),
)
hostile_names = st.one_of(
    st.text(_CHARACTERS, min_size=1, max_size=12),
    st.text(st.sampled_from("가.a "), min_size=255, max_size=256),
).filter(lambda name: name == name.strip() and "\x85" not in name and '::' not in name)  # fmt: skip


@FEW
@given(st.lists(hostile_names, min_size=3, max_size=5, unique_by=str.casefold))
def test_hostile_names_survive_the_trip(standin: StandIn, names: list[str]) -> None:
    stored = [stored_name(name, "a node") for name in names]
    database, schema, *rest = stored
    columns = tuple(Column(name, parse_type("integer"), f"About {name}.") for name in stored)
    tables = {}
    for name in rest:
        table = Table((SERVICE, database, schema, name), "Regular", columns, f"Of {name}.")
        tables[table.fqn] = marked(table, OURS)
    keys = list(tables)
    edges = {one.key: one for one in (Edge(keys[0], key, OURS) for key in keys[1:])}
    containers = {fqn((SERVICE,)): Container((SERVICE,))}
    for parts in ((SERVICE, database), (SERVICE, database, schema)):
        containers[fqn(parts)] = Container(parts, Mark(OURS))
    state = CatalogState(SERVICE, OURS, containers, tables, edges)
    check_round_trip(standin, [state, replace(state, edges={})])
