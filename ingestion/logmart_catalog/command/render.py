"""Reports as text for people and as JSON for machines. Pure functions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

from logmart_catalog.command.summary import Summary
from logmart_catalog.engine import Report
from logmart_catalog.lineage.project import COMPILE_FULL_REFRESH
from logmart_catalog.plan.actions import Action, Foreign, Plan, Verb, name_of
from logmart_catalog.plan.changes import field_changes, routine
from logmart_catalog.state.capabilities import untried_warning
from logmart_catalog.state.model import Container, Table
from logmart_catalog.state.notes import Notes
from logmart_catalog.state.owners import TEAM_OR_USER

SIGNS = {Verb.ADD: "+", Verb.CHANGE: "~", Verb.MOVE: ">", Verb.REMOVE: "-"}
_WIDTH = 160
_SHOWN = 5
# The options that create missing entities, by kind.
_CREATING = {TEAM_OR_USER: "createTeams", "tag": "createTags"}


def plan_text(report: Report) -> str:
    """Return a plan as text: a line for each action, followed by a line for each changed field."""
    plan = report.plan
    lines = [f"Compared with {report.compared_with}: service {report.desired.service},"
             f" dbt project {report.desired.project}"]  # fmt: skip
    lines += _actions_lines(plan.actions)
    lines += _foreign_lines(plan.foreign)
    lines += note_lines(report)
    if report.refusal:
        lines.append(f"  `apply` will refuse this: {report.refusal}")
    lines.append(f"Plan: {totals(plan)}." if plan.actions else f"{totals(plan)}.")
    return "\n".join(lines)


def totals(plan: Plan) -> str:
    """Return the counts of a plan, without a full stop."""
    if not plan.actions:
        return f"No changes: {plan.unchanged} unchanged"
    moved = plan.count(Verb.MOVE)
    return (
        f"{plan.count(Verb.ADD)} to add, {plan.count(Verb.CHANGE)} to change,"
        f"{f' {moved} to move,' if moved else ''}"
        f" {plan.count(Verb.REMOVE)} to remove, {plan.unchanged} unchanged"
    )


def apply_text(summary: Summary) -> str:
    """Return a line that says what an apply did."""
    if not summary.writes:
        return "Applied: nothing to do, nothing written."
    return (
        f"Applied: {summary.added} added, {summary.changed} changed,"
        f"{f' {summary.moved} moved,' if summary.moved else ''} {summary.removed} removed"
        f" in {summary.writes} writes."
    )


def verify_text(report: Report, summary: Summary, *, strict: bool) -> str:
    """Return the result of `verify` as text: each drift by table and column, then a verdict.

    In: `strict`, whether additions by others count as drift.
    """
    lines = _actions_lines(report.plan.actions)
    lines += _foreign_lines(report.plan.foreign)
    lines += note_lines(report)
    held = (
        f"{summary.tables} tables, {summary.columns} columns ({summary.columns_documented}"
        f" documented), {summary.edges} edges, {summary.owners} tables with an owner"
    )
    if summary.drift:
        lines.append(
            f"Drift: {summary.drift} differences between dbt and {report.compared_with}"
            " (+ is missing there, ~ differs, - is there and not in dbt)."
        )
    elif strict and summary.by_others:
        lines.append(f"No drift, but not strictly so: {summary.by_others} additions by others.")
    else:
        lines.append(f"Verified, no drift: {held}.")
    return "\n".join(lines)


def report_json(command: str, report: Report, summary: Summary) -> str:
    """Return a report as a JSON object: summary, actions with their fields, what others made."""
    document = {
        "command": command,
        "compared_with": report.compared_with,
        "service": report.desired.service,
        "project": report.desired.project,
        "summary": asdict(summary),
        "server_version": report.server_version,
        "refusal": report.refusal,
        "notes": asdict(report.notes),
        "actions": [_action_json(action) for action in report.plan.actions],
        "by_others": [asdict(addition) for addition in report.plan.foreign],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _actions_lines(actions: Iterable[Action]) -> list[str]:
    lines = []
    for action in actions:
        if not routine(action):
            lines += _action_lines(action)
    return lines + [f"  {SIGNS[verb]} {count} {what}" for (verb, what), count in routines(actions)]


def routines(actions: Iterable[Action]) -> list[tuple[tuple[Verb, str], int]]:
    """Count the actions that only record a new dbt run, by verb and by the words of `routine`."""
    counted = Counter((action.verb, what) for action in actions if (what := routine(action)))
    return list(counted.items())


def _action_lines(action: Action) -> list[str]:
    lines = [f"  {SIGNS[action.verb]} {action.kind} {title(action)}{detail(action)}"]
    for change in field_changes(action):
        sides = [_quoted(side) for side in (change.before, change.after) if side is not None]
        lines.append(f"      {SIGNS[change.verb]} {change.field}: {' -> '.join(sides)}")
    return lines


def title(action: Action) -> str:
    """Return the name of an action's entity; for a move, both names."""
    if action.verb is Verb.MOVE and action.before:
        return f"{name_of(action.before)} -> {action.name}"
    return action.name


def detail(action: Action) -> str:
    """Return a short description of an entity that is added or removed as a whole."""
    entity = action.entity
    if action.verb in (Verb.CHANGE, Verb.MOVE):
        return ""
    if isinstance(entity, Table):
        owners = f", owner {', '.join(entity.owners)}" if entity.owners else ""
        documented = len([column for column in entity.columns if column.description])
        columns = f"{len(entity.columns)} columns, {documented} documented"
        return f" ({entity.type.lower()}, {columns}{owners})"
    if isinstance(entity, Container) and action.verb is Verb.REMOVE:
        return " (empty)"
    return ""


def _foreign_lines(foreign: tuple[Foreign, ...]) -> list[str]:
    if not foreign:
        return []
    lines = [f"  By others, left alone ({len(foreign)}):"]
    return lines + [f"      {addition.what}: {addition.name}" for addition in foreign]


def note_lines(report: Report) -> list[str]:
    """Return a line for each thing that is left out, because the server does not support it or the
    artifacts are incomplete, and for each warning.
    """
    lines = []
    if report.server_version and (doubt := untried_warning(report.server_version)):
        lines.append(f"  {doubt}")
    if report.server_version and report.unindexed is None:
        lines.append(
            "  Not checked: whether pages show the edges; the search index does not answer"
        )
    elif report.unindexed:
        lines.append(
            f"  Not in the search index ({report.unindexed}): tables and other ends of edges; pages"
            " lack them until the server indexes them again"
        )
    for what, count in report.left_out.items():
        lines.append(f"  Left out, not in OpenMetadata {report.server_version} ({count}): {what}")
    for kind, absent in report.missing.items():
        remedy = f" or set {_CREATING[kind]}" if kind in _CREATING else ""
        lines.append(
            f"  Left out, no such {kind} ({len(absent)}): {', '.join(absent)}; create it{remedy}"
        )
    notes = report.notes
    lines += artifact_lines(notes)
    if notes.malformed:
        told = "; ".join(notes.malformed)
        lines.append(f"  Left out, malformed in dbt ({len(notes.malformed)}): {told}")
    for what, count in notes.unplaced.items():
        lines.append(f"  No place in the catalog ({count}): {what}")
    if notes.unknown_types:
        total = sum(notes.unknown_types.values())
        names = ", ".join(f"{name} ({count})" for name, count in notes.unknown_types.items())
        lines.append(f"  Column types not understood, stored as UNKNOWN ({total}): {names}")
    for name, columns in notes.exposed.items():
        lines.append(f"  Personal data reaches {name} ({len(columns)}): {', '.join(columns)}")
    return lines + _untraced_lines(notes)


def artifact_lines(notes: Notes) -> list[str]:
    """Return a line for each reason why nodes are incomplete or not published, with the first."""
    lines = [f"  Nothing to publish, `apply` refuses: {notes.refusal}"] if notes.refusal else []
    if notes.not_chosen:
        lines.append(f"  Not chosen, left as it is ({notes.not_chosen})")
    for title_, named in (
        ("Left out, incomplete in the artifacts", notes.left_out),
        ("Published, but may be out of date", notes.outdated),
    ):
        for reason, nodes in _by_reason(named).items():
            lines.append(f"  {title_} ({len(nodes)}): {_first(nodes)}: {reason}")
    if notes.reads_itself:
        lines.append(
            f"  SQL of an incremental run, lineage may be poorer ({len(notes.reads_itself)}):"
            f" {_first(notes.reads_itself)}: it reads the table itself; {COMPILE_FULL_REFRESH}"
        )
    return lines


def _by_reason(named: Mapping[str, str]) -> dict[str, list[str]]:
    by_reason: dict[str, list[str]] = {}
    for name, reason in named.items():
        by_reason.setdefault(reason, []).append(name)
    return by_reason


def _first(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _untraced_lines(notes: Notes) -> list[str]:
    """Return a line for each reason why columns are not traced, with the first of them."""
    return [
        f"  Lineage not traced ({len(columns)}): {_first(columns)}: {reason}"
        for reason, columns in _by_reason(notes.untraced).items()
    ]


def _action_json(action: Action) -> dict[str, object]:
    return {
        "verb": action.verb.value,
        "kind": action.kind,
        "name": action.name,
        "previous_name": name_of(action.before) if action.before else None,
        "fields": [asdict(change) for change in field_changes(action)],
    }


def _quoted(text: str) -> str:
    line = json.dumps(text, ensure_ascii=False)
    return line if len(line) <= _WIDTH else f'{line[: _WIDTH - 4]}..."'
