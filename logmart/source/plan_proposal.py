"""Proposes the tracking plan of a new source: its events, and their properties with types, classes
of personal data and rules, each with the counts that it was guessed from.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import duckdb

from logmart.errors import CommandError
from logmart.plan.grammar import PlannedEvent, PlannedProperty
from logmart.source.guess import MOST_EVENTS, FieldFacts
from logmart.source.mapping import SampledEvent
from logmart.source.personal import DIRECT, personal_class
from logmart.source.times import moment

MOST_PROPERTIES = 300
# A set of values is proposed as `allowed` when it is small, and each value is seen so often.
MOST_ALLOWED, LEAST_SEEN = 12, 20
MOST_VALUES_KEPT = 100
LEAST_ROWS_OF_A_RANGE = 100
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_OFFSET = re.compile(r"(Z|[+-]\d\d(:?\d\d)?)$")
# A number with a leading zero, or of many digits, is an id and stays text.
_TEXT_TYPES = (
    (re.compile("(?i)true|false"), "boolean"),
    (re.compile(r"-?(0|[1-9]\d{0,17})"), "bigint"),
    (re.compile(r"-?(0|[1-9]\d{0,17})(\.\d+)?([eE][-+]?\d+)?"), "double"),
)
# Columns that every event model has: no property's column may have such a name.
_TAKEN = {
    "event_id", "event_name", "source", "user_id", "device_id", "occurred_at", "received_at",
    "landed_date", "landing_file", "line_number", "platform", "app_version", "is_bot",
    "is_duplicate", "properties", "masked_properties", "unplanned_properties", "masked_line",
    "load_number", "is_activity", "is_late", "violations", "warnings", "is_valid", "plan_hash",
    "is_outdated", "property_values", "property_count", "version_rank", "has_others", "judgement",
    "line_violations", "line_warnings", "raw_line",
}  # fmt: skip
_MORE_RESERVED = {"values", "row", "user", "date", "time", "timestamp", "value", "key", "index"}


@dataclass(frozen=True)
class PropertyGuess:
    """A proposed property of an event: its entry, and what it was guessed from."""

    planned: PlannedProperty
    seen: int
    event_count: int
    distinct: int
    personal_reason: str = ""
    proposed: Mapping[str, object] = field(default_factory=dict)
    remark: str = ""
    values: tuple[str, ...] = ()

    def counts(self) -> str:
        """Return the counts as text."""
        return f"in {self.seen:,} of {self.event_count:,}, {self.distinct:,} distinct"


@dataclass(frozen=True)
class EventGuess:
    """A proposed event and its properties."""

    name: str
    count: int
    properties: tuple[PropertyGuess, ...]


def propose_events(
    source: str,
    events: list[SampledEvent],
    *,
    is_text: bool,
    time_zone: str,
    known: Mapping[str, PlannedProperty] | None = None,
) -> list[EventGuess]:
    """Return the events of a sample, the most frequent first.

    In: `is_text`, whether numbers may be texts; `known`, the properties that the source has
    planned, whose types and columns are kept. Raises CommandError for a sample with too many
    events or properties to review.
    """
    counts = Counter(event.columns.get("event_name", "") for event in events)
    counts.pop("", None)
    if len(counts) > MOST_EVENTS:
        raise CommandError(
            f"the field of the event's name has {len(counts):,} values, so it is no name: name"
            " another with --field event_name=<field>, or one event for all with --event <name>"
        )
    total: dict[str, FieldFacts] = {}
    by_event: dict[str, dict[str, FieldFacts]] = {name: {} for name in counts}
    for event in events:
        own = by_event.get(event.columns.get("event_name", ""))
        if own is None:
            continue
        for name, value in event.properties.items():
            if value != "":
                total.setdefault(name, FieldFacts()).add(value)
                own.setdefault(name, FieldFacts()).add(value)
    if len(total) > MOST_PROPERTIES:
        raise CommandError(
            f"the files have {len(total):,} properties, and a plan of more than {MOST_PROPERTIES}"
            " cannot be reviewed: keep those that you need with --only <name>,<name>"
        )
    columns = column_names(total, {each.name: each.column for each in (known or {}).values()})
    types = {
        name: (known or {})[name].data_type
        if name in (known or {})
        else data_type(each, is_text=is_text, time_zone=time_zone)
        for name, each in total.items()
    }
    return [
        EventGuess(
            name,
            count,
            tuple(
                _property(name_, columns[name_], types[name_], (each, total[name_], count))
                for name_, each in by_event[name].items()
                if types[name_]
            ),
        )
        for name, count in counts.most_common()
    ]


def unplannable(events: Iterable[SampledEvent]) -> list[str]:
    """Return the names of properties that hold objects or lists: no type of the plan has them."""
    return sorted(
        {
            name
            for event in events
            for name, value in event.properties.items()
            if isinstance(value, dict | list)
        }
    )


def data_type(facts: FieldFacts, *, is_text: bool, time_zone: str) -> str:
    """Return the type of a property by its values; "" for objects, lists and mixed kinds."""
    kinds = set(facts.kinds)
    texts = list(facts.values)
    if kinds <= {"string", "json"}:
        return _type_of_texts(texts, is_text=is_text, time_zone=time_zone)
    if kinds == {"boolean"}:
        return "boolean"
    if kinds == {"integer"} and all(_is_bigint(text) for text in texts):
        return "bigint"
    return "double" if kinds <= {"integer", "number"} else ""


def _type_of_texts(texts: list[str], *, is_text: bool, time_zone: str) -> str:
    if all(_DATE.fullmatch(text) and moment(text, "%Y-%m-%d") for text in texts):
        return "date"
    if is_text:
        for form, type_ in _TEXT_TYPES:
            if all(form.fullmatch(text) for text in texts):
                return type_
    has_zone = time_zone or all(_OFFSET.search(text[11:]) for text in texts)
    if has_zone and all("T" in text.replace(" ", "T") and moment(text, "iso") for text in texts):
        return "timestamp"
    return "varchar"


def _is_bigint(text: str) -> bool:
    return -(2**63) <= int(text) < 2**63


def _property(
    name: str, column: str, type_: str, seen: tuple[FieldFacts, FieldFacts, int]
) -> PropertyGuess:
    """Return the proposal of a property.

    In: `seen`, its facts in the event and in all events, and the number of the event's rows.
    """
    facts, total, event_count = seen
    texts = list(total.values)
    class_, reason = personal_class(column, texts[:2_000])
    if class_ == DIRECT and type_ != "varchar":
        if set(total.kinds) <= {"string"}:
            type_ = "varchar"
        else:
            class_ = "Personal"
            reason += "; a number cannot be hashed, so the class is Personal"
    proposed: dict[str, object] = {}
    if facts.count == event_count and event_count >= LEAST_SEEN:
        proposed["required"] = True
    smallest = min(facts.values.values(), default=0)
    if (
        type_ == "varchar"
        and not class_
        and 1 < len(facts.values) <= MOST_ALLOWED
        and smallest >= LEAST_SEEN
    ):
        proposed["allowed"] = tuple(sorted(facts.values))
    if type_ in ("bigint", "double") and facts.count >= LEAST_ROWS_OF_A_RANGE:
        numbers = [float(text) for text in facts.values]
        if min(numbers) >= 0:
            proposed["minimum"] = 0
    remark = ""
    if type_ == "varchar" and any(re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", t) for t in texts):
        remark = "numbers with thousands separators stay text"
    planned = PlannedProperty(
        column,
        name,
        type_,
        f"Guessed from {event_count:,} events: in {facts.count:,} of them,"
        f" {len(facts.values):,} distinct values.",
        personal_data=class_,
    )
    return PropertyGuess(
        planned,
        facts.count,
        event_count,
        len(facts.values),
        reason,
        proposed,
        remark,
        tuple(facts.values)[:MOST_VALUES_KEPT],
    )


def with_rules(guess: PropertyGuess) -> PlannedProperty:
    """Return the entry of a property with the rules that were proposed for it."""
    return replace(guess.planned, **guess.proposed)  # type: ignore[arg-type]


def column_names(names: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return the column of each property, by its name: snake_case, distinct, no reserved word.

    In: `known`, the columns of planned properties by name, which are kept.
    """
    taken = {*known.values(), *_TAKEN}
    reserved = _reserved_words()
    columns = dict(known)
    for name in names:
        if name in columns:
            continue
        words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()
        column = re.sub(r"[^a-z0-9]+", "_", words).strip("_") or "property"
        column = f"property_{column}" if column[0].isdigit() else column
        column = f"sent_{column}" if column in _TAKEN else column
        column = f"{column}_value" if column in reserved else column
        number, free = 2, column
        while free in taken:
            free, number = f"{column}_{number}", number + 1
        columns[name] = free
        taken.add(free)
    return columns


def _reserved_words() -> set[str]:
    with duckdb.connect() as connection:
        words = connection.execute(
            "select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'"
        ).fetchall()
    return {word for (word,) in words} | _MORE_RESERVED


def planned_event(source: str, guess: EventGuess, group: str, *, has_rules: bool) -> PlannedEvent:
    """Return the entry of a proposed event."""
    return PlannedEvent(
        source,
        guess.name,
        description=f"An event that {source} sends as {guess.name}. Guessed from"
        f" {guess.count:,} rows: say what happened.",
        owner=group,
        properties=tuple(
            with_rules(each) if has_rules else each.planned for each in guess.properties
        ),
    )
