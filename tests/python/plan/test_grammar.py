"""The grammar of the tracking plan is defined once: every reader of it knows all of its keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from jinja2 import Environment

from logmart.dbt.manifest import Manifest
from logmart.gate.plan_diff import plan_findings
from logmart.plan.entries import event_of, raw_entries
from logmart.plan.entry_text import entry_text
from logmart.plan.grammar import (
    COLUMNS,
    EVENT_KEYS,
    OTHERS_KEYS,
    PROPERTY_KEYS,
)
from logmart.plan.key_types import TYPES, Key
from logmart.plan.rows import from_csv, to_csv
from logmart.settings import PROJECT

# An example of each key's value in YAML. A new key of the grammar needs a line here.
EXAMPLES: Mapping[str, Any] = {
    "required": True,
    "allowed": ["a", "b"],
    "min": "a",
    "max": "b",
    "pattern": "[a-z]+",
    "personal_data": "Personal",
    "since": "5.2.0",
    "until": {"ios": "5.2.0", "android": "5.3.0"},
    "deprecated": {"date": "2026-05-01", "use": "another"},
    "is_activity": False,
    "is_steady": False,
}
NAMES = {"event", "property"}


def entry(event: Mapping[str, Any], of_property: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event's entry with one property, as dbt's manifest has it."""
    column = {
        "name": "x",
        "data_type": "varchar",
        "config": {"meta": {"property": "x", **of_property}},
    }
    return {
        "resource_type": "model",
        "name": "stg_app__x_made",
        "config": {"meta": {"event": "x_made", **event}},
        "columns": {"x": column},
    }


PLAIN = entry({}, {})


def names(keys: Mapping[str, Key]) -> set[str]:
    return {key.name for key in keys.values()}


def changed(place: str) -> dict[str, Any]:
    """Return the plain entry with the example of a key: `since` of the event, `x.since` of x."""
    of_property, _, name = place.rpartition(".")
    example = {name: EXAMPLES[name]}
    return entry({}, example) if of_property else entry(example, {})


PLACES = sorted(
    {*(names(EVENT_KEYS) - NAMES), *(f"x.{name}" for name in names(PROPERTY_KEYS) - NAMES)}
)


def macro_of_the_plan(name: str) -> Any:
    """Return what a macro of macros/tracking_plan/ that takes nothing returns."""
    returned: list[Any] = []
    files = [
        PROJECT / f"macros/tracking_plan/{file}.sql" for file in ("plan_entry", "property_rules")
    ]
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    jinja = Environment(extensions=["jinja2.ext.do"])
    template = jinja.from_string(text, globals={"return": returned.append})
    getattr(template.module, name)()
    return returned[0]


@pytest.mark.parametrize(
    ("macro", "keys"), [("event_keys", EVENT_KEYS), ("property_keys", PROPERTY_KEYS)]
)
def test_the_macros_know_the_keys_and_their_defaults(macro: str, keys: Mapping[str, Key]) -> None:
    told = macro_of_the_plan(macro)
    assert list(told) == [key.name for key in keys.values()]
    for key in keys.values():
        if key.name == "personal_data":
            assert told[key.name] == "none"
        elif key.name not in NAMES:
            assert key.from_yaml(told[key.name]) == key.default, key.name


def test_the_macros_know_the_types_and_the_keys_of_others() -> None:
    assert tuple(macro_of_the_plan("property_types")) == TYPES
    assert set(macro_of_the_plan("keys_of_others")) == OTHERS_KEYS


def test_the_page_describes_every_key() -> None:
    page = (PROJECT / "docs/tracking-plan.md").read_text(encoding="utf-8")
    of_event, of_property = page.split("## Violations")[0].split("| of a property")
    for text, known in (
        (of_event, names(EVENT_KEYS) | {"group"}),
        (of_property, names(PROPERTY_KEYS)),
    ):
        cells = re.findall(r"^\| (`[^|]+`) \|", text, re.MULTILINE)
        described = [word for cell in cells for word in re.findall(r"`(?:meta\.)?(\w+)`", cell)]
        assert len(described) == len(set(described))
        assert set(described) == known


def test_the_spreadsheet_has_a_column_for_every_key() -> None:
    assert set(COLUMNS) == names(EVENT_KEYS) | names(PROPERTY_KEYS) | {
        "source", "column", "type", "description", "owner",
    }  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_key_comes_back_from_yaml_and_from_a_spreadsheet(place: str) -> None:
    event = event_of(changed(place))
    assert event != event_of(PLAIN)
    assert event.unknown_keys == ()
    (again,) = raw_entries("models:\n" + entry_text(event))
    assert event_of(again) == event
    assert from_csv(to_csv([event]), [], "plan.csv") == [event]


@pytest.mark.parametrize("place", PLACES)
def test_a_change_of_a_key_is_a_finding(place: str) -> None:
    before, after = (
        Manifest({"nodes": {"model.logmart.x": each}}) for each in (PLAIN, changed(place))
    )
    assert len(plan_findings(before, after)) == 1
