"""Proposes what new files of a known source have that its plan lacks: events and properties.

What is written stays as it is: an entry of the plan is added to, never changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import yaml

from logmart.landed.source_options import sources_file
from logmart.plan.entries import plan_file, raw_entries, read_plan
from logmart.plan.entry_text import entry_text, with_entries
from logmart.plan.event_names import event_models
from logmart.plan.grammar import PlannedEvent, PlannedProperty
from logmart.plan.scaffold import model_text
from logmart.source.folder import known_options, with_events
from logmart.source.mapping import ALWAYS
from logmart.source.mapping import Path as FieldPath
from logmart.source.plan_proposal import EventGuess, PropertyGuess, planned_event, with_rules
from logmart.source.proposal import Arrival, Choices, propose
from logmart.source.review import rules_text, table
from logmart.source.sample import read_sample


@dataclass(frozen=True)
class Terms:
    """The owner of new events, whether proposed rules are written, when files land, and the zone of
    business dates.
    """

    group: str
    has_rules: bool
    arrival: Arrival
    business_zone: str


def grown_texts(
    source: str, project: Path, files: tuple[Path, ...], terms: Terms
) -> tuple[dict[Path, str], str]:
    """Return the texts of the files that change, and a report of what is new.

    Raises CommandError.
    """
    has_rules = terms.has_rules
    options = known_options(project, source)
    plan = {event.name: event for event in read_plan(project) if event.source == source}
    known = {each.name: each for event in plan.values() for each in event.properties}
    proposal = propose(
        source,
        read_sample(files),
        _choices(options, terms.business_zone),
        terms.arrival,
        known,
    )
    rows: list[tuple[str, ...]] = [
        ("new event, property", "type", "seen", "proposed rules", "personal data")
    ]
    new_events = [event for event in proposal.events if event.name not in plan]
    grown: list[PlannedEvent] = []
    for event in proposal.events:
        if event.name in plan:
            more = _new_properties(event, plan[event.name])
            values = _new_values(event, plan[event.name])
            if more or values:
                rows.append((event.name, "planned", f"{event.count:,} rows", "", ""))
            rows += [_row(each) for each in more] + values
            if more:
                properties = tuple(with_rules(each) if has_rules else each.planned for each in more)
                planned = plan[event.name]
                grown.append(replace(planned, properties=(*planned.properties, *properties)))
        else:
            rows.append((event.name, "new event", f"{event.count:,} rows", "", ""))
            rows += [_row(each) for each in event.properties]
    added = [planned_event(source, each, terms.group, has_rules=has_rules) for each in new_events]
    texts = _texts(source, project, added, grown)
    head = f"{source} is in the project: {len(proposal.sample.rows):,} events read."
    lines = [head, *(table(rows) if len(rows) > 1 else [])]
    until = proposal.options.history_until
    if until and str(options.get("history_until") or "") < until.isoformat():
        path = project / sources_file(source)
        texts[path] = _with_history(path.read_text(encoding="utf-8"), until)
        lines.append(
            f"History: the events are older than the horizon, so history_until becomes {until}."
            " Build with --full-refresh."
        )
    return texts, "\n".join(lines)


def _with_history(text: str, until: date) -> str:
    """Return the text of a source's YAML that declares history up to a date."""
    line = f"            history_until: {until}\n"
    if "            history_until:" in text:
        return re.sub(r"            history_until: .*\n", line, text, count=1)
    return re.sub(r"(            external_location: .*\n)", rf"\g<1>{line}", text, count=1)


def _texts(
    source: str, project: Path, added: list[PlannedEvent], grown: list[PlannedEvent]
) -> dict[Path, str]:
    """Return the texts of the files that change: with new events, and with more properties."""
    if not added and not grown:
        return {}
    path, settings = project / plan_file(source), project / "dbt_project.yml"
    text = path.read_text(encoding="utf-8")
    entries = {entry["name"]: entry for entry in raw_entries(text)}
    text = with_entries(
        text,
        {each.model: entry_text(each, entries[each.model]) for each in grown},
    )
    settings_text = settings.read_text(encoding="utf-8")
    listed = [str(name) for name in yaml.safe_load(settings_text)["vars"]["planned_events"][source]]
    text, settings_text = with_events(text, settings_text, added, listed)
    texts = {path: text}
    if added:
        texts[settings] = settings_text
    models = event_models(source, [*listed, *(each.name for each in added)])
    for event in added:
        model = project / f"models/staging/{source}/{models[event.name]}.sql"
        texts[model] = model_text(event.name)
    return texts


def _new_properties(event: EventGuess, planned: PlannedEvent) -> list[PropertyGuess]:
    names = {each.name for each in planned.properties}
    return [each for each in event.properties if each.planned.name not in names]


def _new_values(event: EventGuess, planned: PlannedEvent) -> list[tuple[str, ...]]:
    """Return rows for properties whose allowed values lack some that were seen."""
    rules = {each.name: each for each in planned.properties}
    rows: list[tuple[str, ...]] = []
    for each in event.properties:
        rule: PlannedProperty | None = rules.get(each.planned.name)
        if rule and rule.allowed:
            new = [value for value in each.values if value not in {str(v) for v in rule.allowed}]
            if new:
                shown = "|".join(new[:5])
                text = f"not in allowed: {shown}; add them by hand"
                rows.append((f"  {rule.name}", rule.data_type, each.counts(), text, ""))
    return rows


def _row(each: PropertyGuess) -> tuple[str, ...]:
    return (
        f"  {each.planned.name}",
        each.planned.data_type,
        each.counts(),
        rules_text(each),
        each.planned.personal_data,
    )


def _choices(options: Mapping[str, object], business_zone: str) -> Choices:
    """Return the choices by which the source was added."""
    preset = str(options.get("preset") or "none")
    fields: dict[str, FieldPath] = {}
    event = ""
    given = options.get("fields")
    for column, text in given.items() if isinstance(given, Mapping) else ():
        if str(text).startswith(ALWAYS):
            event = str(text).removeprefix(ALWAYS) if column == "event_name" else event
        elif preset == "none":
            fields[str(column)] = tuple(str(text).split("."))
    return Choices(preset, fields, event, str(options.get("time_zone") or ""), business_zone)
