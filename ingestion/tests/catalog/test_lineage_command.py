"""The command `lineage`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from logmart_catalog.command.cli import main

from .support import ARTIFACTS, copied

ORCHARD = ARTIFACTS / "orchard"


def lineage(capsys: pytest.CaptureFixture[str], *options: str, folder: Path = ORCHARD) -> str:
    """The output of a command that succeeds."""
    assert main(["lineage", "--target-path", str(folder), *options]) == 0
    return capsys.readouterr().out


def test_a_column_is_walked_up_to_where_its_values_enter(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = lineage(capsys, "--column", "harvest_days.kilograms")
    assert out.splitlines() == [
        "main.harvest_days.kilograms",
        "└─ main.stg_baskets.kilograms  aggregated",
        "   └─ main.baskets.kilograms  transformed",
    ]


def test_a_column_is_walked_down_to_where_it_arrives(capsys: pytest.CaptureFixture[str]) -> None:
    out = lineage(capsys, "--column", "main.dim_pickers.full_name", "--down")
    assert out.splitlines() == [
        "main.dim_pickers.full_name",
        "├─ main.picker_contacts.contact_name  copied",
        "├─ main.picker_contacts.name_hash  transformed",
        "├─ main.orchard_totals.last_name  aggregated",
        "└─ main.orchard_totals.names  aggregated",
    ]


def test_json_tells_of_every_column_its_parents_kind_and_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = json.loads(lineage(capsys, "--json"))
    relations = {one["name"]: one for one in document["relations"]}
    days = {one["name"]: one for one in relations["main.harvest_days"]["columns"]}
    assert days["basket_count"] == {
        "name": "basket_count",
        "kind": "aggregated",
        "parents": [],
        "reasons": [],
    }
    keys = {(one["role"], one["column"]) for one in relations["main.harvest_days"]["keys"]}
    assert keys == {("group", "picked_at"), ("group", "picker_id")}
    assert document["counts"]["relations"] == len(relations) == 9
    assert document["counts"]["untraced"] == 0


def test_what_cannot_be_traced_is_counted_and_named_with_the_remedy(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = copied("orchard", tmp_path)
    shutil.rmtree(folder / "full_refresh")
    text = (folder / "manifest.json").read_text("utf-8")
    kilograms = "select basket_id, kilograms, picked_at"
    reading_itself = (
        "select basket_id, (select max(kilograms) from {table}) as kilograms, picked_at"
    )
    own = r"\"orchard\".\"main\".\"basket_log\""
    text = text.replace(kilograms, reading_itself.format(table=own))
    (folder / "manifest.json").write_text(text, "utf-8")
    out = lineage(capsys, folder=folder)
    assert "1 untraced" in out.splitlines()[0]
    assert "main.basket_log: kilograms: self-reference: run `dbt compile --full-refresh" in out


def test_a_column_that_is_none_is_an_error_that_says_how_to_name_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["lineage", "--target-path", str(ORCHARD), "--column", "picker_id"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "name it as schema.table.column" in captured.err
