"""Edges to metrics and dashboards: from the page of an exposure over its metrics to the tables."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from logmart_catalog import engine
from logmart_catalog.config import Config
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.edge_paths import edges_around, edges_by_end, tables_above
from logmart_catalog.state.model import Edge

from .support import ARTIFACTS, Command, Json, StandIn, copied, editing

ORCHARD = ARTIFACTS / "orchard"
BOARD = "exposure.orchard.harvest_board"
METRIC = "metric.orchard.kilograms_per_picker"


def edge(start: str, end: str) -> Edge:
    """An edge between entities that are written as `kind name`."""
    (upstream_kind, upstream), (downstream_kind, downstream) = start.split(), end.split()
    return Edge(
        upstream,
        downstream,
        "orchard",
        upstream_kind=upstream_kind,
        downstream_kind=downstream_kind,
    )


def depend(folder: Path, exposure: str, *parents: str) -> None:
    """Let an exposure depend on other nodes."""
    with editing(folder, "manifest.json") as manifest:
        manifest["exposures"][exposure]["depends_on"]["nodes"] = list(parents)


def above_the_board(folder: Path) -> set[str]:
    """The ends of the desired edges to the dashboard of BOARD, as `kind name`."""
    state = engine.load(folder, Config("warehouse", "mart")).state
    return {
        f"{one.upstream_kind} {one.upstream.rpartition('.')[2]}"
        for one in state.edges.values()
        if one.end == (kinds.DASHBOARD, "warehouse_exposures.harvest_board")
    }


def shown_above(standin: StandIn, service: str) -> set[str]:
    """The upper ends of the edges to the board on the server's page of its lineage."""
    query = "type=dashboard&upstreamDepth=1&downstreamDepth=0"
    name = quote(f"{service}_exposures.harvest_board")
    graph = standin.call("GET", f"lineage/getLineage?fqn={name}&{query}")
    return {
        one["fromEntity"]["fullyQualifiedName"].rpartition(".")[2]
        for one in graph["upstreamEdges"].values()
    }


def edge_between(standin: StandIn, metric: str, board: str) -> Json:
    """The two ends of an edge from a metric to a dashboard, as a PUT sends them."""
    ends = (
        ("fromEntity", "metric", standin.call("GET", f"metrics/name/{metric}")),
        ("toEntity", "dashboard", standin.call("GET", f"dashboards/name/{quote(board)}")),
    )
    return {end: {"id": found["id"], "type": kind} for end, kind, found in ends}


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        (
            ["model.orchard.harvest_days", "model.orchard.dim_pickers"],
            {"table harvest_days", "table dim_pickers"},
        ),
        ([METRIC], {"metric kilograms_per_picker"}),
        (
            [METRIC, "model.orchard.dim_pickers", "model.orchard.harvest_days"],
            {"metric kilograms_per_picker", "table dim_pickers"},
        ),
        (["metric.orchard.of_another_project"], set()),
    ],
)
def test_a_dashboard_follows_its_metrics_and_the_tables_that_none_of_them_reads(
    tmp_path: Path, parents: list[str], expected: set[str]
) -> None:
    folder = copied("orchard", tmp_path)
    depend(folder, BOARD, *parents)
    assert above_the_board(folder) == expected


def test_a_metric_follows_the_tables_below_all_metrics_that_it_is_made_of() -> None:
    state = engine.load(ORCHARD, Config("warehouse", "mart")).state
    above = {one.start for one in state.edges.values() if one.end == (kinds.METRIC, METRIC[15:])}
    assert above == {("table", "warehouse.mart.main.harvest_days")}


def test_tables_are_found_above_metrics() -> None:
    edges = [
        edge("table a", "metric m"),
        edge("table b", "metric m"),
        edge("metric m", "dashboard d"),
        edge("table c", "dashboard d"),
    ]
    found = edges_by_end(edges)
    assert tables_above((kinds.DASHBOARD, "d"), found) == {"a", "b", "c"}
    assert tables_above((kinds.DASHBOARD, "absent"), found) == set()
    around = [edge("table a", "dashboard d"), edge("table b", "dashboard d"), edges[3]]
    assert list(edges_around(edges, {kinds.METRIC})) == around
    assert list(edges_around(edges, ())) == edges


def test_personal_data_reaches_an_exposure_through_a_metric(
    command: Command, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    depend(folder, "exposure.orchard.phone_list", METRIC)
    reached = f"Personal data reaches {service}_exposures.phone_list (2):"
    assert reached not in command("plan", folder, "--offline").out
    with editing(folder, "manifest.json") as manifest:
        for model in manifest["semantic_models"].values():
            model["depends_on"]["nodes"] = ["model.orchard.picker_contacts"]
    assert reached in command("plan", folder, "--offline").out


def test_an_exposure_that_comes_to_show_a_metric_trades_its_edges_once(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    depend(folder, BOARD, "model.orchard.harvest_days", "model.orchard.dim_pickers")
    command("apply", folder)
    assert shown_above(standin, service) == {"harvest_days", "dim_pickers"}

    board = f"{service}_exposures.harvest_board"
    outcome = command("apply", ORCHARD)
    assert [line for line in outcome.lines if line[2:8] in ("+ edge", "- edge")] == [
        f"  + edge kilograms_per_picker -> {board}",
        f"  - edge {service}.mart.main.harvest_days -> {board}",
    ]
    assert shown_above(standin, service) == {"kilograms_per_picker", "dim_pickers"}
    assert command("verify", ORCHARD).code == 0
    assert command("apply", ORCHARD).lines[-1] == "Applied: nothing to do, nothing written."

    assert command("apply", folder).code == 0
    assert shown_above(standin, service) == {"harvest_days", "dim_pickers"}
    assert command("verify", folder).code == 0


def test_a_lost_edge_from_a_metric_is_drift_and_put_again(
    command: Command, standin: StandIn, service: str
) -> None:
    command("apply", ORCHARD)
    board = f"{service}_exposures.harvest_board"
    ends = edge_between(standin, "kilograms_per_picker", board)
    ids = [ends[end]["id"] for end in ("fromEntity", "toEntity")]
    standin.call("DELETE", "lineage/metric/{}/dashboard/{}".format(*ids))
    verified = command("verify", ORCHARD)
    assert verified.code == 2
    assert f"  + edge kilograms_per_picker -> {board}" in verified.lines
    assert command("apply", ORCHARD).code == 0
    assert shown_above(standin, service) == {"kilograms_per_picker", "dim_pickers"}


def test_an_edge_that_a_person_drew_from_a_metric_is_listed_and_left_alone(
    command: Command, standin: StandIn, service: str
) -> None:
    command("apply", ORCHARD)
    board = f"{service}_exposures.harvest_board"
    standin.call("PUT", "lineage", {"edge": edge_between(standin, "active_pickers", board)})
    verified = command("verify", ORCHARD)
    assert verified.code == 0
    assert f"edge: active_pickers -> {board}" in verified.out
    assert command("apply", ORCHARD).lines[-1] == "Applied: nothing to do, nothing written."
    assert "active_pickers" in shown_above(standin, service)


def test_a_metric_that_dbt_drops_takes_its_edges_along(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    command("apply", folder)
    with editing(folder, "manifest.json") as manifest:
        del manifest["metrics"][METRIC]
    depend(folder, BOARD, "model.orchard.dim_pickers")
    outcome = command("apply", folder)
    board = f"{service}_exposures.harvest_board"
    assert f"  - edge kilograms_per_picker -> {board}" in outcome.lines
    assert shown_above(standin, service) == {"dim_pickers"}
    assert command("verify", folder).code == 0


def test_the_edge_of_a_metric_that_is_not_chosen_stays(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    command("apply", folder)
    depend(folder, BOARD, "model.orchard.dim_pickers")
    options = ("--exclude", "metric:kilograms_per_picker")
    assert "No changes" in command("plan", folder, *options).out
    assert "kilograms_per_picker" in shown_above(standin, service)
    assert command.summary("plan", folder)["removed"] == 1


def test_a_service_that_shares_a_metric_keeps_the_edges_of_the_other(
    command: Command, standin: StandIn, service: str
) -> None:
    other = Command(command.capsys, f"{service}_other", command.config)
    for one in (command, other):
        assert one("apply", ORCHARD).code == 0
    for one in (command, other):
        assert shown_above(standin, one.service) == {"kilograms_per_picker", "dim_pickers"}
        assert one("apply", ORCHARD).lines[-1] == "Applied: nothing to do, nothing written."
