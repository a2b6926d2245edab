"""Guesses how a line of an unknown log becomes an event, by its fields' names and values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from logmart.errors import CommandError
from logmart.source.mapping import LineMapping, Origin, Path, Row, text_of, value_at
from logmart.source.times import form_counts, form_of

# Names of fields by canonical column, the likeliest first, without case and separators.
NAMES: Mapping[str, tuple[str, ...]] = {
    column: tuple(names)
    for column, names in yaml.safe_load(
        (FilePath(__file__).parent / "templates" / "field_names.yml").read_text(encoding="utf-8")
    ).items()
}
SESSION_NAMES = ("sessionid", "gasessionid", "domainsessionid", "visitid")
CONTAINERS = (
    "properties", "eventproperties", "params", "eventparams", "parameters", "props", "payload",
    "data", "attributes", "eventdata",
)  # fmt: skip
MOST_EVENTS = 300
MOST_PLATFORMS = 30
_MOST_VALUES = 5_000
_ENOUGH = 0.5


@dataclass
class FieldFacts:
    """What a field holds in the rows of a sample: how often which kind, and its distinct values."""

    count: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    values: Counter[str] = field(default_factory=Counter)

    def add(self, value: Any) -> None:
        """Count a value that is not null."""
        self.count += 1
        self.kinds[kind_of(value)] += 1
        text = text_of(value)
        if len(self.values) < _MOST_VALUES or text in self.values:
            self.values[text[:500]] += 1


def kind_of(value: Any) -> str:
    """Return the kind of a JSON value; `json` for a text that holds an object."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "json" if value.startswith("{") and value.endswith("}") else "string"
    return "object" if isinstance(value, Mapping) else "list"


def facts_of(rows: Iterable[Row]) -> dict[str, FieldFacts]:
    """Return the facts of every outer field of the rows."""
    facts: dict[str, FieldFacts] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None and value != "":
                facts.setdefault(name, FieldFacts()).add(value)
    return facts


def plain(name: str) -> str:
    """Return a name without case and separators."""
    return re.sub(r"[^a-z0-9가-힣]", "", name.lower())


def guess_mapping(
    rows: list[dict[str, Any]], given: Mapping[str, Path], event: str, time_zone: str
) -> LineMapping:
    """Return how the rows become events.

    In: `given`, the fields of canonical columns that the user named; `event`, the name of all
    events where no field holds it; `time_zone`, that of times without an offset. Raises
    CommandError when the rows have no time, or the form of the time cannot be told.
    """
    facts = facts_of(rows)
    origins: dict[str, Origin] = {}
    for column, path in given.items():
        origins[column] = Origin((path,), reason="named by you")
    container = _container(facts, len(rows))
    for column in NAMES:
        if column not in origins:
            used = {path for origin in origins.values() for path in origin.paths}
            found = _origin(column, facts, used, len(rows))
            if found:
                origins[column] = found
    if "event_name" not in origins:
        origins["event_name"] = Origin(constant=event, reason="no field names the event")
    for column in ("occurred_at", "received_at"):
        if column in origins:
            origins[column] = with_time_form(column, origins[column], rows)
    if "occurred_at" not in origins:
        raise CommandError(
            "no field holds the time of an event: name one with --field occurred_at=<field>; the"
            f" fields are {', '.join(list(facts)[:30])}"
        )
    used_names = {path[0] for origin in origins.values() for path in origin.paths}
    held = used_names | set(container)
    nested = [
        name
        for name, each in facts.items()
        if each.kinds.keys() & {"object", "list"} and name not in held
    ]
    extras = _nested_fields(rows, nested)
    return LineMapping(
        origins,
        container=container,
        container_kind=_container_kind(facts, container),
        extras=extras,
        removed=tuple(sorted({*used_names, *container[:1], *nested})),
        time_zone=time_zone,
    )


def with_time_form(column: str, origin: Origin, rows: list[dict[str, Any]]) -> Origin:
    """Return an origin of times with the form of its texts. Raises CommandError."""
    texts = [text_of(value_at(row, path)) for row in rows[:5_000] for path in origin.paths]
    found = form_of(texts)
    if found is None:
        counts = form_counts([text for text in texts if text])
        held = ", ".join(f"{form} ({count:,})" for form, count in counts.items()) or "none known"
        raise CommandError(
            f"the times of {origin.text()} are in no single form ({held}): convert them to ISO"
            f" 8601, or name another field with --field {column}=<field>"
        )
    rivals = [form for form in found.rivals if {form[:5], found.form[:5]} == {"%d/%m", "%m/%d"}]
    if rivals:
        raise CommandError(
            f"the times of {origin.text()} are {found.form} or {rivals[0]}, and no text of the"
            f" sample tells which: convert them to ISO 8601, or add a file with a later day"
        )
    zone = "" if found.has_offset else ", without an offset"
    reason = f"{origin.reason}; {found.form} in {found.share:.0%}{zone}"
    return Origin(origin.paths, form=found.form, reason=reason)


def _origin(
    column: str, facts: Mapping[str, FieldFacts], used: set[Path], row_count: int
) -> Origin | None:
    names = sorted(facts, key=lambda name: (plain(name).startswith("_"), name.startswith("_")))
    for wanted in NAMES[column]:
        for name in names:
            each = facts[name]
            if plain(name) != wanted or (name,) in used or not _fits(column, each, row_count):
                continue
            return Origin(((name,),), reason=f"by its name; {_counts(each, row_count)}")
    for name, each in facts.items():
        if (name,) not in used and _looks_like(column, name, each, row_count):
            return Origin(((name,),), reason=f"by its values; {_counts(each, row_count)}")
    return None


def _looks_like(column: str, name: str, each: FieldFacts, row_count: int) -> bool:
    """Return whether the values of a field say what its name does not: that it is the time, and in
    a table without a header the name of the event.
    """
    if column == "occurred_at":
        found = form_of(list(each.values)[:200])
        return each.count == row_count and found is not None and set(each.kinds) == {"string"}
    if column == "event_name" and re.fullmatch(r"column_\d+", name):
        is_word = all(re.fullmatch(r"[^\W\d]\w*([ _-]\w+)*", text) for text in each.values)
        return is_word and len(each.values) > 1 and _fits(column, each, row_count)
    return False


def _fits(column: str, each: FieldFacts, row_count: int) -> bool:
    """Return whether the values of a field can be those of a canonical column."""
    if each.kinds.keys() & {"object", "list", "json"}:
        return False
    distinct = len(each.values)
    is_usual = each.count >= _ENOUGH * row_count
    if column == "event_name":
        is_few = distinct <= min(MOST_EVENTS, max(10, 0.5 * each.count))
        is_text = set(each.kinds) == {"string"} and form_of(list(each.values)[:50]) is None
        is_text = is_text and any(re.search(r"[^\W\d]", text) for text in each.values)
        return is_usual and is_few and is_text
    if column in ("occurred_at", "received_at"):
        return is_usual and bool(form_counts(list(each.values)[:200]))
    fits = {
        "event_id": each.count == row_count and distinct >= 0.98 * min(row_count, _MOST_VALUES),
        "platform": distinct <= MOST_PLATFORMS,
        "is_bot": {value.lower() for value in each.values} <= {"true", "false"},
    }
    return fits.get(column, True)


def _counts(each: FieldFacts, row_count: int) -> str:
    many = "+" if len(each.values) >= _MOST_VALUES else ""
    return f"in {each.count:,} of {row_count:,} rows, {len(each.values):,}{many} distinct"


def _container(facts: Mapping[str, FieldFacts], row_count: int) -> Path:
    for wanted in CONTAINERS:
        for name, each in facts.items():
            nested = sum(each.kinds[kind] for kind in ("object", "json", "list"))
            is_list_of_items = each.kinds["list"] and wanted == "eventparams"
            if (
                plain(name) == wanted
                and nested == each.count
                and (not each.kinds["list"] or is_list_of_items)
            ):
                return (name,)
    return ()


def _container_kind(facts: Mapping[str, FieldFacts], container: Path) -> str:
    if not container:
        return ""
    kinds = facts[container[0]].kinds
    return "items" if kinds["list"] else "text" if kinds["json"] else "object"


def _nested_fields(rows: list[dict[str, Any]], names: list[str]) -> dict[str, Path]:
    """Return the fields of nested objects, by their names with dots, two levels deep."""
    found: dict[str, Path] = {}
    for row in rows[:5_000]:
        for name in names:
            for path in _leaves((name,), row.get(name), 3):
                found[".".join(path)] = path
    return dict(list(found.items())[:100])


def _leaves(path: Path, value: Any, depth: int) -> list[Path]:
    if isinstance(value, Mapping):
        return [
            leaf for name, each in value.items() if depth > 1 and "." not in name
            for leaf in _leaves((*path, name), each, depth - 1)
        ]  # fmt: skip
    return [path] if len(path) > 1 and value is not None and not isinstance(value, list) else []
