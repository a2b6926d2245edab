"""Values that a server does not support are left out, named and counted; the rest stays desired."""

from __future__ import annotations

import pytest

from logmart_catalog import engine
from logmart_catalog.config import Config
from logmart_catalog.state import asset_kinds as kinds
from logmart_catalog.state.capabilities import Capabilities, supported_state, untried_warning
from logmart_catalog.state.model import CatalogState

from .support import ARTIFACTS

OLD_TYPES = frozenset({"COUNT", "SUM", "RATIO", "OTHER"})
NEVER = "never tried with this sync, which was run on 1.12"


@pytest.fixture(scope="module")
def orchard() -> CatalogState:
    """The desired state of a project with metrics and contracts."""
    return engine.load(ARTIFACTS / "orchard", Config("warehouse", "mart")).state


def test_a_server_with_every_word_gets_what_dbt_wants(orchard: CatalogState) -> None:
    words = {str(one.fields.get("metricType")) for one in orchard.assets.values()}
    for capabilities in (Capabilities("2.0.4"), Capabilities("2.0.4", OLD_TYPES | words)):
        assert supported_state(orchard, capabilities) == (orchard, {})


def test_a_type_that_the_server_lacks_is_published_as_other(orchard: CatalogState) -> None:
    state, left_out = supported_state(orchard, Capabilities("1.12.6", OLD_TYPES))
    metrics = [one for one in orchard.assets.values() if one.kind == kinds.METRIC]
    lacking = [one for one in metrics if one.fields["metricType"] not in OLD_TYPES]
    assert lacking
    assert sum(left_out.values()) == len(lacking)
    assert set(left_out) == {
        f"metric type {one.fields['metricType']}, published as OTHER" for one in lacking
    }
    assert state.assets.keys() == orchard.assets.keys()
    for metric in lacking:
        other = state.assets[metric.key]
        assert other.fields == {**metric.fields, "metricType": "OTHER"}
        # The mark is that of the written values, so that the next plan recognizes them.
        assert other.mark != metric.mark
    assert state.edges == orchard.edges


def test_without_a_word_for_other_types_a_metric_has_none(orchard: CatalogState) -> None:
    state, _ = supported_state(orchard, Capabilities("1.12.6", frozenset({"COUNT"})))
    assert not [one for one in state.assets.values() if "metricType" in one.fields]


def test_edges_go_around_the_assets_of_a_kind_that_the_server_lacks(orchard: CatalogState) -> None:
    state, left_out = supported_state(
        orchard, Capabilities("1.4.0", None, frozenset({kinds.METRIC}))
    )
    gone = {key for key in orchard.assets if key not in state.assets}
    assert {kind for kind, _ in gone} == {kinds.METRIC}
    assert left_out == {"metric, a kind that the server does not know": len(gone)}
    assert not [
        edge for edge in state.edges.values() if kinds.METRIC in (edge.start[0], edge.end[0])
    ]
    board = "warehouse_exposures.harvest_board"
    # The metric that the board shows reads harvest_days.
    assert {edge.upstream for edge in state.edges.values() if edge.downstream == board} == {
        "warehouse.mart.main.dim_pickers",
        "warehouse.mart.main.harvest_days",
    }


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("1.12.6", ""),
        ("1.12.0-SNAPSHOT", ""),
        ("2.0.4", f"OpenMetadata 2.0.4: {NEVER}"),
        ("1.2.0", f"OpenMetadata 1.2.0: outside 1.12 to 2.0, {NEVER}"),
        ("", f"OpenMetadata of an unknown version: outside 1.12 to 2.0, {NEVER}"),
    ],
)
def test_a_version_that_was_never_tried_is_said_so_in_a_line(version: str, said: str) -> None:
    assert untried_warning(version) == said
