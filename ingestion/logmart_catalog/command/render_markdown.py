"""A plan as Markdown, for a comment on a pull request. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from logmart_catalog.command.render import SIGNS, detail, note_lines, routines, title, totals
from logmart_catalog.engine import Report
from logmart_catalog.plan.actions import Action, Verb
from logmart_catalog.plan.changes import field_changes, routine

# A comment on the usual forges holds at most 65,536 characters.
MAX_CHARACTERS = 60_000
_WIDTH = 300
_HEADINGS = {
    Verb.ADD: "Added",
    Verb.CHANGE: "Changed",
    Verb.MOVE: "Moved",
    Verb.REMOVE: "Removed",
}
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>@])")


def plan_markdown(report: Report) -> str:
    """Return a plan as Markdown: totals first, then a table by kind, the actions folded away.

    Names and texts are escaped, so that none is read as Markdown, HTML or a mention. A plan that
    exceeds the length of a comment is cut, and the text says how much was cut.
    """
    plan = report.plan
    head = [
        f"### Catalog: {totals(plan)}",
        "",
        f"Service {code(report.desired.service)}, dbt project {code(report.desired.project)},"
        f" compared with {code(report.compared_with)}.",
    ]
    if report.refusal:
        head += ["", f"> **`apply` will refuse this:** {escaped(report.refusal)}"]
    if plan.actions:
        head += ["", *_table(plan.actions)]
    for note in note_lines(report):
        head += ["", f"- {escaped(note.strip())}"]
    sections = [_section(verb, plan.actions) for verb in _HEADINGS]
    if plan.foreign:
        lines = [f"- {escaped(addition.what)}: {code(addition.name)}" for addition in plan.foreign]
        sections.append(_folded("By others, left alone", len(lines), lines))
    return "\n".join(_fitting(head, [section for section in sections if section])) + "\n"


def escaped(text: str) -> str:
    """Return a text in one line, escaped so that Markdown shows it unchanged."""
    line = " ".join(text.split())
    plain = line.replace("&", "&amp;").replace("<", "&lt;")
    return _SPECIAL.sub(r"\\\1", plain)


def code(text: str) -> str:
    """Return a text as a code span, in one line, whatever backticks it holds."""
    line = " ".join(text.split()) or " "
    line = line if len(line) <= _WIDTH else f"{line[:_WIDTH]}..."
    runs = [len(run) for run in re.findall("`+", line)]
    fence = "`" * (max(runs, default=0) + 1)
    inner = f" {line} " if runs else line
    return f"{fence}{inner}{fence}"


def _table(actions: Iterable[Action]) -> list[str]:
    counts: dict[str, dict[Verb, int]] = {}
    for action in actions:
        by_verb = counts.setdefault(action.kind, dict.fromkeys(_HEADINGS, 0))
        by_verb[action.verb] += 1
    head = ["|  | " + " | ".join(_HEADINGS.values()) + " |", "|---" * (len(_HEADINGS) + 1) + "|"]
    rows = [
        f"| {kind} | " + " | ".join(str(count or "") for count in by_verb.values()) + " |"
        for kind, by_verb in counts.items()
    ]
    return head + rows


def _section(verb: Verb, actions: Iterable[Action]) -> list[str]:
    chosen = [action for action in actions if action.verb is verb]
    lines = [f"- {count} {what}" for (_, what), count in routines(chosen)]
    for action in (action for action in chosen if not routine(action)):
        lines.append(f"- {action.kind} {code(title(action))} {escaped(detail(action))}".rstrip())
        for change in field_changes(action):
            sides = [code(side) for side in (change.before, change.after) if side is not None]
            lines.append(f"  - {SIGNS[change.verb]} {escaped(change.field)}: {' → '.join(sides)}")
    return _folded(_HEADINGS[verb], len(chosen), lines)


def _folded(heading: str, count: int, lines: list[str]) -> list[str]:
    if not lines:
        return []
    summary = f"<details><summary>{heading} ({count})</summary>"
    return ["", summary, "", *lines, "", "</details>"]


def _fitting(head: list[str], sections: list[list[str]]) -> list[str]:
    """Return the lines that fit into a comment; a section that is too long loses its last lines."""
    left = MAX_CHARACTERS - sum(len(line) + 1 for line in head)
    lines = list(head)
    for section in sections:
        opening, body, closing = section[:3], section[3:-2], section[-2:]
        shown = []
        for line in body:
            if left < len(line) + 1:
                break
            left -= len(line) + 1
            shown.append(line)
        if len(shown) < len(body):
            shown.append(f"- ... and {len(body) - len(shown)} more lines: run `plan`")
        lines += [*opening, *shown, *closing]
    return lines
