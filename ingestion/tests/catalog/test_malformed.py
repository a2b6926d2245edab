"""Values of `meta` that do not fit: each is named and left out, the rest is published, and the
catalog keeps its values.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from logmart_catalog.artifacts.read import read_artifacts
from logmart_catalog.config import Config
from logmart_catalog.desired.build import Desired, desired_state

from .support import CONFIG, Command, Json, StandIn, copied, editing

ORCHARD = Config("warehouse", "mart", create_teams=True, create_tags=True)
PICKERS = "model.orchard.dim_pickers"
LOANS = "model.library.stg_loans"
PLACES = {
    "model": ("orchard", "nodes", PICKERS),
    "seed": ("orchard", "nodes", "seed.orchard.pickers"),
    "source": ("library", "sources", "source.library.desk.gate_counts"),
    "exposure": ("orchard", "exposures", "exposure.orchard.harvest_board"),
    "metric": ("orchard", "metrics", "metric.orchard.kilograms_picked"),
}
TABLES = ("model", "seed", "source")
CATALOG_KEYS = ("tags", "glossary", "tier", "domain", "customProperties", "owner")
WRONG: dict[str, Any] = {
    "a number": 7,
    "an object": {"a": {}},
    "a list of objects": [{"a": 1}, [2]],
    "a name too long": "x" * 300,
    "a list with one too long": ["x" * 300],
    "no full name": 'a"b',
    "a line separator": "a\u2028.b",
}


def give(node: Json, meta: Json) -> None:
    """Set `meta` on a node or column, in both places where dbt keeps it."""
    node.setdefault("config", {})["meta"] = meta
    node["meta"] = meta


def state_with(folder: Path, place: str, meta: Json, column: str = "") -> Desired:
    """The desired state of a project with some `meta` on a node or on its column."""
    project, collection, unique_id = PLACES[place]
    artifacts = copied(project, folder)
    with editing(artifacts, "manifest.json") as manifest:
        node = manifest[collection][unique_id]
        give(node["columns"][column] if column else node, meta)
    return desired_state(read_artifacts(artifacts), ORCHARD)


# A table and an asset that is none, with every wrong value; the others take the ways of these two.
@pytest.mark.parametrize(
    "place",
    [
        pytest.param(it, marks=[] if it in ("model", "exposure") else pytest.mark.deep)
        for it in PLACES
    ],
)
@pytest.mark.parametrize("wrong", WRONG)
def test_no_value_of_meta_stops_the_rest(place: str, wrong: str, tmp_path: Path) -> None:
    value = WRONG[wrong]
    unique_id = PLACES[place][2]
    metas: dict[str, Json] = {
        f"meta.openmetadata.{key}": {"openmetadata": {key: value}} for key in CATALOG_KEYS
    }
    metas |= {"meta.owner": {"owner": value}, "meta.personal_data": {"personal_data": value}}
    metas["meta.openmetadata"] = {"openmetadata": value}
    plain = len(state_with(tmp_path, place, {}).state.tables)
    for key, meta in metas.items():
        wanted = state_with(tmp_path, place, meta)
        assert len(wanted.state.tables) == plain
        for told in wanted.notes.malformed:
            assert told.startswith(f"{unique_id}, {key}"), (told, key)
            assert ": expected " in told
        if wrong in ("a number", "a list of objects") and place in TABLES:
            assert wanted.notes.malformed, key


@pytest.mark.parametrize("key", ["tags", "glossary", "tier", "domain"])
@pytest.mark.parametrize("wrong", WRONG)
def test_no_value_of_a_columns_meta_stops_the_rest(key: str, wrong: str, tmp_path: Path) -> None:
    wanted = state_with(tmp_path, "model", {"openmetadata": {key: WRONG[wrong]}}, "phone")
    told = wanted.notes.malformed
    # A tier may be called anything; a column has no domain.
    assert bool(told) == (key != "domain" and (key, wrong) != ("tier", "no full name"))
    assert all(one.startswith(f"{PICKERS}, column 'phone', meta.openmetadata.") for one in told)


def test_a_text_does_for_a_list_and_a_list_of_one_for_a_text(tmp_path: Path) -> None:
    meta = {
        "owner": ["Harvest Team"],
        "openmetadata": {
            "tier": ["Tier2"],
            "domain": ["Growing"],
            "glossary": "Orchard.Picker",
            "tags": 'PII."Sensitive"',
        },
    }
    wanted = state_with(tmp_path, "model", meta)
    table = wanted.state.tables["warehouse.mart.main.dim_pickers"]
    assert wanted.notes.malformed == ()
    assert table.tags == ("PII.Sensitive", "Tier.Tier2")
    assert (table.terms, table.domains) == (("Orchard.Picker",), ("Growing",))
    assert table.owners == ("Harvest Team",)


def test_the_class_of_a_column_below_one_that_cannot_be_read_stays(tmp_path: Path) -> None:
    wanted = state_with(tmp_path, "model", {"personal_data": ["A", "B"]}, "full_name")
    unread = {
        (table.parts[-1], key) for table in wanted.state.tables.values() for key in table.unread
    }
    assert ("dim_pickers", "tags:full_name") in unread
    assert len({name for name, _ in unread}) > 1, "a column that copies it is not read, either"


GOOD: Json = {
    "owner": "Lending Desk",
    "openmetadata": {"tier": "Tier2", "tags": ["PII.Sensitive"], "domain": "Growing"},
}
BAD: Json = {
    "owner": [{"team": "x"}],
    "openmetadata": {"tier": ["a", "b"], "tags": {"PII": "Sensitive"}, "domain": 7},
}


def test_what_is_there_stays_until_dbt_really_drops_it(
    command: Command, standin: StandIn, service: str, tmp_path: Path
) -> None:
    standin.call(
        "PUT", "domains", {"name": "Growing", "description": "x", "domainType": "Aggregate"}
    )
    folder = copied("library", tmp_path)

    def with_meta(meta: Json) -> None:
        with editing(folder, "manifest.json") as manifest:
            node = manifest["nodes"][LOANS]
            give(node, meta)
            node["group"] = node["config"]["group"] = None
            node["description"] = f"With {len(str(meta))}."

    def held() -> list[object]:
        table = standin.table(f"{service}.mart.staging.stg_loans")
        model = table["dataModel"]
        return [
            sorted(one["name"] for one in table["owners"]),
            sorted(one["tagFQN"] for one in table["tags"]),
            sorted(one["name"] for one in table.get("domains", [])),
            sorted(one["name"] for one in model.get("owners", [])),
            sorted(one["tagFQN"] for one in model.get("tags", [])),
            table["description"],
        ]

    with_meta(GOOD)
    assert command("apply", folder).code == 0
    good = held()
    with_meta(BAD)
    strict = ("--config", str(CONFIG))
    applied = command("apply", folder, *strict)
    assert (applied.code, applied.err) == (3, "")
    assert "Left out, malformed in dbt (4): " in applied.out
    assert f"{LOANS}, meta.openmetadata.domain: expected one text, found a number" in applied.out
    assert held() == [*good[:-1], f"With {len(str(BAD))}."]
    assert command("verify", folder, *strict).code == 3
    assert command("verify", folder).code == 0
    assert command("apply", folder).lines[-1] == "Applied: nothing to do, nothing written."
    with_meta({})
    assert command("apply", folder).code == 0
    assert held()[:-1] == [[], [], [], [], []]
    assert command("verify", folder).code == 0
