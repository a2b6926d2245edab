"""Findings on the tracking plan: events and properties that are added, changed, tightened,
loosened, deprecated or removed. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterator

from logmart.dbt.manifest import Manifest
from logmart.findings import Finding
from logmart.plan.entries import event_of
from logmart.plan.grammar import EVENT_KEYS, PROPERTY_KEYS, Planned, PlannedEvent, PlannedProperty
from logmart.plan.key_types import Deprecation


def plan_findings(base: Manifest, head: Manifest) -> list[Finding]:
    """Return the findings on the tracking plan, without severities."""
    before, after = _events(base), _events(head)
    found = []
    for model in sorted({*before, *after}):
        old, new = before.get(model), after.get(model)
        if old is None and new is not None:
            count = len(new.properties)
            property_count = f"{count} propert{'y' if count == 1 else 'ies'}"
            owner = f", owned by {new.owner}" if new.owner else ", no owner"
            found.append(_finding("event_added", f"event {new.name}: {property_count}{owner}", new))
        elif new is None and old is not None:
            found.append(_finding("event_removed", f"event {old.name} removed", old))
        elif old is not None and new is not None:
            found += _event(old, new)
    return found


def event_models(base: Manifest, head: Manifest) -> tuple[str, ...]:
    """Return the names of the models that define an event on either side."""
    return tuple({**_events(base), **_events(head)})


def _events(manifest: Manifest) -> dict[str, PlannedEvent]:
    found = {}
    for node in manifest.built.values():
        if node["resource_type"] == "model" and "event" in (node["config"].get("meta") or {}):
            found[str(node["name"])] = event_of(node)
    return found


def _finding(kind: str, message: str, event: PlannedEvent, column: str = "") -> Finding:
    return Finding(kind, message, event.model, column)


def _event(old: PlannedEvent, new: PlannedEvent) -> Iterator[Finding]:
    if new.deprecated and new.deprecated != old.deprecated:
        message = f"event {new.name} deprecated{_deprecation(new.deprecated)}"
        yield _finding("event_deprecated", message, new)
    if (old.since, old.until) != (new.since, new.until):
        message = f"{_lifetime(old)} -> {_lifetime(new)}"
        yield _finding("lifetime_changed", message, new)
    flags = [
        f"{key.name} {key.to_cell(getattr(old, field))} -> {key.to_cell(getattr(new, field))}"
        for field, key in EVENT_KEYS.items()
        if field not in PROPERTY_KEYS and getattr(old, field) != getattr(new, field)
    ]
    if flags:
        yield _finding("event_changed", ", ".join(flags), new)
    before = {each.name: each for each in old.properties}
    after = {each.name: each for each in new.properties}
    for name in sorted({*before, *after}):
        if name not in after:
            yield _finding("property_removed", f"{name} removed", old, before[name].column)
        elif name not in before:
            each = after[name]
            needed = ", required" if each.required else ""
            message = f"{name} added, {each.data_type}{needed}"
            yield _finding("property_added", message, new, each.column)
        else:
            yield from _property(new, before[name], after[name])


def _property(event: PlannedEvent, old: PlannedProperty, new: PlannedProperty) -> Iterator[Finding]:
    if old.data_type != new.data_type:
        message = f"{new.name}: {old.data_type} -> {new.data_type}"
        yield _finding("property_retyped", message, event, new.column)
    tightened, loosened = _rules(old, new)
    if tightened:
        message = f"{new.name}: {', '.join(tightened)}"
        yield _finding("rule_tightened", message, event, new.column)
    if loosened:
        message = f"{new.name}: {', '.join(loosened)}"
        yield _finding("rule_loosened", message, event, new.column)
    if old.personal_data != new.personal_data:
        message = f"{new.name}: {old.personal_data or 'none'} -> {new.personal_data or 'none'}"
        yield _finding("personal_data_changed", message, event, new.column)
    if (old.since, old.until) != (new.since, new.until):
        message = f"{new.name}: {_lifetime(old)} -> {_lifetime(new)}"
        yield _finding("lifetime_changed", message, event, new.column)
    if new.deprecated and new.deprecated != old.deprecated:
        message = f"{new.name} deprecated{_deprecation(new.deprecated)}"
        yield _finding("property_deprecated", message, event, new.column)


def _rules(old: PlannedProperty, new: PlannedProperty) -> tuple[list[str], list[str]]:
    """Return the texts on a property's tightened rules, and on its loosened rules."""
    tighter: list[str] = []
    looser: list[str] = []
    for field, key in PROPERTY_KEYS.items():
        was, now = getattr(old, field), getattr(new, field)
        if key.change and was != now:
            more, less = key.change(was, now)
            tighter += more
            looser += less
    return tighter, looser


def _lifetime(entry: Planned) -> str:
    return f"since {entry.since or 'ever'} until {entry.until or 'now'}"


def _deprecation(deprecated: Deprecation) -> str:
    parts = [str(deprecated.since or deprecated.date or ""), f"use {deprecated.use}"]
    return f" ({'; '.join(part for part in parts if part)})"
