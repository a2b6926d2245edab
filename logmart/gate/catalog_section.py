"""The report's section on the catalog, and its findings. Pure functions on the sync's plan."""

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
    """Change the branch's manifest in place and return it: where both sides' SQL means the same, it
    gets main's SQL, so that the catalog's plan does not show a reformatting.
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
    """Return the section on a plan of the catalog sync: what it adds, changes, moves, removes."""
    actions: list[Mapping[str, Any]] = plan["actions"]
    counts = {verb: sum(action["verb"] == verb for action in actions) for verb in _SIGNS}
    summary = ", ".join(f"{_WORDS[verb]} {count}" for verb, count in counts.items() if count)
    return Section(
        TITLE,
        summary or "no changes",
        tuple(_lines(actions)),
        data={"counts": counts, "actions": actions, "refusal": plan["refusal"]},
    )


def catalog_findings(plan: Mapping[str, Any], before: Mapping[str, Any]) -> list[Finding]:
    """Return the findings on a plan: a change that the sync would refuse, and personal data that
    newly reaches an exposure. In: `before`, the notes of main's plan.
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
    for action in actions:
        yield 0, f"{_SIGNS[action['verb']]} {action['kind']} {action['name']}"
        for change in action["fields"]:
            sides = [each for each in (change["before"], change["after"]) if each is not None]
            yield 1, f"{change['field']}: {' -> '.join(str(each) for each in sides)}"
