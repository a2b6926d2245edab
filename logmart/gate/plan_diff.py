"""What a change does to the tracking plan: events and properties added, changed, tightened,
loosened, deprecated, removed. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterator

from logmart.dbt.manifest import Manifest
from logmart.findings import Finding
from logmart.plan.entries import Deprecation, PlannedEvent, PlannedProperty, Scalar, event_of


def plan_findings(base: Manifest, head: Manifest) -> list[Finding]:
    """Return the findings on the tracking plan, without severities."""
    before, after = _events(base), _events(head)
    found = []
    for model in sorted({*before, *after}):
        old, new = before.get(model), after.get(model)
        if old is None and new is not None:
            count = len(new.properties)
            what = f"{count} propert{'y' if count == 1 else 'ies'}"
            owner = f", owned by {new.owner}" if new.owner else ", no owner"
            found.append(_finding("event_added", f"event {new.name}: {what}{owner}", new))
        elif new is None and old is not None:
            found.append(_finding("event_removed", f"event {old.name} removed", old))
        elif old is not None and new is not None:
            found += _event(old, new)
    return found


def event_models(base: Manifest, head: Manifest) -> tuple[str, ...]:
    """Return the names of the models whose entries are events on either side."""
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
    if (old.is_activity, old.is_steady) != (new.is_activity, new.is_steady):
        flags = [
            f"{name} {str(before).lower()} -> {str(after).lower()}"
            for name, before, after in (
                ("is_activity", old.is_activity, new.is_activity),
                ("is_steady", old.is_steady, new.is_steady),
            )
            if before != after
        ]
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
    """Return how a property's rules are tighter and how they are looser."""
    tighter: list[str] = []
    looser: list[str] = []
    if old.required != new.required:
        (tighter if new.required else looser).append(
            "required" if new.required else "no longer required"
        )
    if old.allowed != new.allowed:
        less = [str(one) for one in old.allowed if one not in new.allowed]
        more = [str(one) for one in new.allowed if one not in old.allowed]
        if not old.allowed:
            tighter.append(f"only {', '.join(more)} allowed")
        elif not new.allowed:
            looser.append("any value allowed")
        else:
            if less:
                tighter.append(f"{', '.join(less)} no longer allowed")
            if more:
                looser.append(f"{', '.join(more)} allowed, too")
    for name, was, now, sign in (
        ("min", old.minimum, new.minimum, 1),
        ("max", old.maximum, new.maximum, -1),
    ):
        if was != now:
            text = f"{name} {_bound(was)} -> {_bound(now)}"
            (tighter if _is_tighter(was, now, sign) else looser).append(text)
    if old.pattern != new.pattern:
        text = f"pattern {old.pattern or 'none'} -> {new.pattern or 'none'}"
        (tighter if new.pattern else looser).append(text)
    return tighter, looser


def _is_tighter(was: Scalar | None, now: Scalar | None, sign: int) -> bool:
    if now is None:
        return False
    if was is None:
        return True
    as_text = isinstance(was, str) or isinstance(now, str)
    larger = str(now) > str(was) if as_text else now > was  # type: ignore[operator]
    return larger == (sign > 0)


def _bound(value: Scalar | None) -> str:
    return "none" if value is None else str(value)


def _lifetime(entry: PlannedEvent | PlannedProperty) -> str:
    return f"since {entry.since or 'ever'} until {entry.until or 'now'}"


def _deprecation(deprecated: Deprecation) -> str:
    parts = [str(deprecated.since or deprecated.date or ""), f"use {deprecated.use}"]
    return f" ({'; '.join(one for one in parts if one)})"
