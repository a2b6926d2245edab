"""What the catalog would gain, change and lose. Pure functions on what the catalog sync prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from logmart.findings import Finding
from logmart.gate.section import Section
from logmart.gate.selection import Side

TITLE = "Catalog"
_SIGNS = {"add": "+", "change": "~", "move": ">", "remove": "-"}
_WORDS = {"add": "gains", "change": "changes", "move": "moves", "remove": "loses"}
_SQL = ("raw_code", "compiled_code", "checksum")


def without_layout(document: Any, base: Side, head: Side) -> Any:
    """Return the branch's manifest, changed in place, with main's SQL where both say the same, so
    that the catalog's plan does not tell of a reformatting.
    """
    for unique_id, node in document["nodes"].items():
        before = base.manifest.built.get(unique_id)
        if before is None or unique_id not in head.manifest.built:
            continue
        if node["resource_type"] == "seed" or not base.says_the_same(head, unique_id):
            continue
        node.update({key: before[key] for key in _SQL if key in before})
    return document


def catalog_section(plan: Mapping[str, Any]) -> Section:
    """Return what a plan of the catalog sync says."""
    actions: list[Mapping[str, Any]] = plan["actions"]
    counts = {verb: sum(one["verb"] == verb for one in actions) for verb in _SIGNS}
    summary = ", ".join(f"{_WORDS[verb]} {count}" for verb, count in counts.items() if count)
    return Section(
        TITLE,
        summary or "no changes",
        tuple(_lines(actions)),
        data={"counts": counts, "actions": actions, "refusal": plan["refusal"]},
    )


def catalog_findings(plan: Mapping[str, Any], before: Mapping[str, Any]) -> list[Finding]:
    """Return the findings on a plan: what the sync would refuse, and personal data that reaches an
    exposure now and did not. In: `before`, the notes of main's plan.
    """
    found = []
    if plan["refusal"]:
        found.append(Finding("catalog_refused", plan["refusal"], plan["service"]))
    exposed: Mapping[str, list[str]] = plan["notes"]["exposed"]
    for dashboard, columns in exposed.items():
        new = sorted(set(columns) - set(before["exposed"].get(dashboard, [])))
        if new:
            name = dashboard.rpartition(".")[2]
            found.append(Finding("personal_data_exposed", f"now reads {', '.join(new)}", name))
    return found


def _lines(actions: Iterable[Mapping[str, Any]]) -> Iterable[tuple[int, str]]:
    for one in actions:
        yield 0, f"{_SIGNS[one['verb']]} {one['kind']} {one['name']}"
        for change in one["fields"]:
            sides = [each for each in (change["before"], change["after"]) if each is not None]
            yield 1, f"{change['field']}: {' -> '.join(str(each) for each in sides)}"
