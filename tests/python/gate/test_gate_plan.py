from __future__ import annotations

from typing import Any

import pytest

from logmart.dbt.manifest import Manifest
from logmart.gate.plan_diff import plan_findings


def plan(meta: dict[str, Any], data_type: str = "bigint", **event: Any) -> Manifest:
    """Return a manifest of one event with one property."""
    node = {
        "resource_type": "model",
        "name": "stg_app__paid",
        "config": {"meta": {"event": "paid", **event}},
        "columns": {
            "amount": {
                "name": "amount",
                "data_type": data_type,
                "config": {"meta": {"property": "amount", **meta}},
            }
        },
    }
    return Manifest({"nodes": {"model.logmart.stg_app__paid": node}})


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({}, {"required": True}, ["rule_tightened amount: required"]),
        ({"required": True}, {}, ["rule_loosened amount: no longer required"]),
        ({"min": 1}, {"min": 2}, ["rule_tightened amount: min 1 -> 2"]),
        ({"min": 1}, {"min": 0}, ["rule_loosened amount: min 1 -> 0"]),
        ({"min": 1}, {}, ["rule_loosened amount: min 1 -> none"]),
        ({"max": 9}, {"max": 8}, ["rule_tightened amount: max 9 -> 8"]),
        ({}, {"max": 8}, ["rule_tightened amount: max none -> 8"]),
        ({}, {"allowed": [1]}, ["rule_tightened amount: only 1 allowed"]),
        ({"allowed": [1]}, {}, ["rule_loosened amount: any value allowed"]),
        (
            {"allowed": [1, 2]},
            {"allowed": [2, 3]},
            [
                "rule_tightened amount: 1 no longer allowed",
                "rule_loosened amount: 3 allowed, too",
            ],
        ),
        ({"pattern": "a"}, {"pattern": "b"}, ["rule_tightened amount: pattern a -> b"]),
        ({"pattern": "a"}, {}, ["rule_loosened amount: pattern a -> none"]),
        ({}, {"personal_data": "Personal"}, ["personal_data_changed amount: none -> Personal"]),
        ({}, {"since": "2.0"}, ["lifetime_changed amount: since ever until now -> since 2.0 until"
                                " now"]),
        (
            {},
            {"deprecated": {"date": "2026-04-01", "use": "sum"}},
            ["property_deprecated amount deprecated (2026-04-01; use sum)"],
        ),
        ({"min": 1}, {"min": 1}, []),
    ],
)  # fmt: skip
def test_rules_are_tighter_or_looser(
    before: dict[str, Any], after: dict[str, Any], told: list[str]
) -> None:
    found = plan_findings(plan(before), plan(after))
    assert [f"{one.kind} {one.message}" for one in found] == told


def test_events_and_properties_come_go_and_change() -> None:
    nothing = Manifest({"nodes": {}})
    assert [one.kind for one in plan_findings(nothing, plan({}))] == ["event_added"]
    assert [one.kind for one in plan_findings(plan({}), nothing)] == ["event_removed"]
    assert [one.kind for one in plan_findings(plan({}), plan({}, "double"))] == ["property_retyped"]
    found = plan_findings(plan({}), plan({"property": "sum"}))
    assert [one.kind for one in found] == ["property_removed", "property_added"]
    found = plan_findings(plan({}), plan({}, is_activity=False))
    assert [one.message for one in found] == ["is_activity true -> false"]
