"""The report's section on the catalog, and its findings. Pure functions on the sync's plan."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from logmart.findings import Finding
from logmart.gate.section import Section
from logmart.gate.selection import Side

TITLE = "Catalog"
_SIGNS = {"add": "+", "change": "~", "move": ">", "remove": "-"}
_WORDS = {"add": "gains", "change": "changes", "move": "moves", "remove": "loses"}
_SQL_FIELD = "SQL"
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
    actions = [_without_followers(action, plan["actions"]) for action in plan["actions"]]
    actions = [action for action in actions if action["fields"] or action["verb"] != "change"]
    counts = {verb: sum(action["verb"] == verb for action in actions) for verb in _SIGNS}
    summary = ", ".join(f"{_WORDS[verb]} {count}" for verb, count in counts.items() if count)
    return Section(
        TITLE,
        summary or "no changes",
        tuple(_lines(actions)),
        data={"counts": counts, "actions": actions, "refusal": plan["refusal"]},
    )


def _without_followers(
    action: Mapping[str, Any], actions: Iterable[Mapping[str, Any]]
) -> Mapping[str, Any]:
    """Return an action without the change of an edge's SQL where its table's SQL changes, too."""
    table = action["name"].rpartition(" -> ")[2]
    follows = action["kind"] == "edge" and any(
        other["kind"] == "table"
        and other["name"] == table
        and any(change["field"].endswith(_SQL_FIELD) for change in other["fields"])
        for other in actions
    )
    fields = [
        change for change in action["fields"] if not (follows and change["field"] == _SQL_FIELD)
    ]
    return {**action, "fields": fields}


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
    """Yield the lines on actions: first the actions with changes of their own, then each change
    that is the same in several places, as one line that counts them.
    """
    shared: dict[tuple[str, str], list[str]] = {}
    for action in actions:
        name = f"{action['kind']} {action['name']}"
        for change in action["fields"]:
            shared.setdefault(_cause(action, change), []).append(_place(name, change))
    whole = {
        (action["verb"], action["name"])
        for action in actions
        if action["kind"] == "table" and action["verb"] != "change"
    }
    parts: dict[tuple[str, str], Counter[str]] = {table: Counter() for table in whole}
    for action in actions:
        table = _table_of(action, whole)
        if table:
            parts[table][action["kind"]] += 1
    for action in actions:
        own = [change for change in action["fields"] if len(shared[_cause(action, change)]) == 1]
        if _table_of(action, whole) or not (own or not action["fields"]):
            continue
        more = parts.get((action["verb"], action["name"]), Counter())
        counted = ", ".join(
            f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in more.items()
        )
        tail = f", with {counted}" if counted and action["kind"] == "table" else ""
        yield 0, f"{_SIGNS[action['verb']]} {action['kind']} {action['name']}{tail}"
        for change in own:
            yield 1, f"{change['field']}: {_sides(change)}"
    for (field, sides), places in shared.items():
        if len(places) > 1:
            yield 0, f"~ {field} of {len(places)}: {sides}"
            yield 1, ", ".join(places)


def _table_of(action: Mapping[str, Any], whole: set[tuple[str, str]]) -> tuple[str, str] | None:
    """Return the verb and name of the table that comes or goes with an action; None for others."""
    names = action["name"].split(" -> ")
    return next(
        (
            (verb, table)
            for verb, table in sorted(whole)
            if verb == action["verb"]
            and action["kind"] != "table"
            and any(name == table or name.startswith(f"{table}.") for name in names)
        ),
        None,
    )


def _cause(action: Mapping[str, Any], change: Mapping[str, Any]) -> tuple[str, str]:
    """Return what a change has in common with others: its field without the column, and its sides.

    The edges of a table follow its SQL, so that their cause is the table.
    """
    if action["kind"] == "edge" and change["field"] == _SQL_FIELD:
        return f"edges to {action['name'].rpartition(' -> ')[2]}", _sides(change)
    column, _, field = change["field"].rpartition(", ")
    return field if column.startswith("column ") else change["field"], _sides(change)


def _place(name: str, change: Mapping[str, Any]) -> str:
    column = change["field"].removeprefix("column ").rpartition(", ")[0]
    short = name.rpartition(".")[2] if " -> " not in name else name.rpartition(" -> ")[0]
    return f"{short}.{column}" if column else short


def _sides(change: Mapping[str, Any]) -> str:
    sides = [each for each in (change["before"], change["after"]) if each is not None]
    return " -> ".join(str(each) for each in sides)
