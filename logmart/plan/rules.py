"""The rules of the tracking plan: each is one pure function that yields the faults it finds."""

from __future__ import annotations

import contextlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from logmart.plan.event_names import event_models
from logmart.plan.grammar import Planned, PlannedEvent, PlannedProperty, given_values
from logmart.plan.key_types import TYPES, by_platform, version_rank

_PAST_TENSE = re.compile(
    ".+ed|begun|bought|built|chosen|cut|done|drawn|fallen|felt|found|forgotten|frozen|given|gone"
    "|grown|heard|held|hidden|hit|kept|known|left|lost|made|met|paid|put|read|rung|run|seen|sent"
    "|set|shown|shut|sold|spent|split|spoken|taken|thrown|told|undone|understood|won|written"
)
_PARTICLES = frozenset({"back", "down", "in", "off", "on", "out", "over", "up"})
_FEWEST_WORDS = 2


@dataclass(frozen=True)
class Project:
    """The input of the rules: the plan, the groups, the listed events and the models' files."""

    events: tuple[PlannedEvent, ...]
    groups: frozenset[str]
    listed: tuple[tuple[str, str], ...]
    models: frozenset[tuple[str, str]]
    personal_data_classes: frozenset[str]
    # The sources whose events keep the names that the sender gave them.
    named_by_sender: frozenset[str] = frozenset()

    def model_of(self, event: PlannedEvent) -> str:
        """Return the required name of an event's model."""
        names = [name for source, name in self.listed if source == event.source]
        return event_models(event.source, [*names, event.name])[event.name]


@dataclass(frozen=True)
class Fault:
    """A fault of the plan: the file, the line, the node and a message."""

    file: Path
    line: int
    node: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {self.node}: {self.message}"


Rule = Callable[[Project], Iterator[Fault]]


def names_are_in_style(project: Project) -> Iterator[Fault]:
    """Events are snake_case: object first, a verb in the past tense last. So are columns.

    An event of a source whose option `names_as_sent` is set keeps the sender's name.
    """
    for event in project.events:
        if event.source not in project.named_by_sender:
            for message in event_name_faults(event.name):
                yield _fault(event, None, message)
        for each in event.properties:
            if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", each.column):
                yield _fault(event, each, "the column is not snake_case: rename it")


def event_name_faults(name: str) -> Iterator[str]:
    """Yield the faults of an event's name."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        yield f"'{name}' is not snake_case: write it like transfer_completed"
        return
    words = name.split("_")
    verb = words[-2] if len(words) > 1 and words[-1] in _PARTICLES else words[-1]
    if len(words) < _FEWEST_WORDS:
        yield f"'{name}' is one word: name object and verb, like transfer_completed"
    elif not _PAST_TENSE.fullmatch(verb):
        yield (
            f"'{name}' does not end in a verb in the past tense ('{verb}'): write it like"
            " transfer_completed"
        )


def models_are_where_their_names_say(project: Project) -> Iterator[Fault]:
    """An event's model is stg_<source>__<event>, has its file, and is listed in dbt_project.yml."""
    for event in project.events:
        if event.model != project.model_of(event):
            yield _fault(event, None, f"makes {event.name}: name it {project.model_of(event)}")
            continue
        if (event.source, event.model_name) not in project.models:
            path = f"models/staging/{event.source}/{event.model_name}.sql"
            yield _fault(event, None, f"{path} is not there: write it, or take the entry out")
        if (event.source, event.name) not in project.listed:
            yield _fault(
                event, None, f"add {event.name} to planned_events.{event.source} in dbt_project.yml"
            )
    planned = {(event.source, event.name) for event in project.events}
    for source, name in sorted(set(project.listed) - planned):
        yield Fault(
            Path("dbt_project.yml"),
            0,
            f"{source}.{name}",
            "is listed in planned_events and has no entry in the plan: write one, or take it out",
        )


def an_event_is_planned_once(project: Project) -> Iterator[Fault]:
    """An event is listed once in dbt_project.yml and has one entry; else its rows count twice."""
    for (source, name), count in Counter(project.listed).items():
        if count > 1:
            message = f"is listed {count} times in planned_events: leave it there once"
            yield Fault(Path("dbt_project.yml"), 0, f"{source}.{name}", message)
    first: dict[tuple[str, str], PlannedEvent] = {}
    for event in project.events:
        known = first.setdefault((event.source, event.name), event)
        if known is not event:
            message = f"{event.name} has an entry in {known.file}:{known.line} too: leave one"
            yield _fault(event, None, message)


def everything_is_owned_and_described(project: Project) -> Iterator[Fault]:
    """An event has an existing group; the event and each of its properties have a description."""
    for event in project.events:
        if not event.owner:
            yield _fault(event, None, "has no owner: give it config.group")
        elif event.owner not in project.groups:
            yield _fault(event, None, f"group '{event.owner}' is not in models/groups.yml")
        if not event.description.strip():
            yield _fault(event, None, "has no description: say what happened and when it is fired")
        for each in event.properties:
            if not each.description.strip():
                yield _fault(event, each, "has no description: say what the value means")


def a_property_is_spelled_one_way(project: Project) -> Iterator[Fault]:
    """A source has no two property names that differ only in case or underscores.

    A sender whose names are kept (`names_as_sent`) may have such names.
    """
    spellings: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event in project.events:
        for each in event.properties:
            spellings[event.source, _plain(each.name)][each.name] += 1
    for event in project.events:
        seen: dict[str, str] = {}
        for each in event.properties:
            counts = spellings[event.source, _plain(each.name)]
            usual = max(sorted(counts), key=lambda name: counts[name])
            if event.source in project.named_by_sender:
                continue
            if each.name != usual:
                yield _fault(event, each, f"'{each.name}' is spelled '{usual}' elsewhere")
            elif _plain(each.name) in seen:
                yield _fault(event, each, f"'{each.name}' is planned twice: take one out")
            seen[_plain(each.name)] = each.name


def a_property_has_one_type(project: Project) -> Iterator[Fault]:
    """Within a source, a property has the same type in every event."""
    first: dict[tuple[str, str], tuple[str, str]] = {}
    for event in project.events:
        for each in event.properties:
            key = (event.source, each.name)
            data_type, model = first.setdefault(key, (each.data_type, event.model))
            if each.data_type != data_type:
                yield _fault(
                    event,
                    each,
                    f"'{each.name}' is {each.data_type} here and {data_type} in {model}",
                )


def rules_can_be_met(project: Project) -> Iterator[Fault]:
    """Types and keys are known, and no rule contradicts another."""
    for event in project.events:
        for key in event.unknown_keys:
            yield _fault(event, None, f"'{key}' is no key of the plan: see docs/tracking-plan.md")
        for message in _faults(event):
            yield _fault(event, None, message)
        for each in event.properties:
            for message in [
                *_faults(each),
                *_property_faults(each, project.personal_data_classes),
            ]:
                yield _fault(event, each, message)


def _faults(planned: Planned) -> Iterator[str]:
    for key, value in given_values(planned):
        yield from key.faults(value)
    until = dict(by_platform(planned.until))
    for platform, version in by_platform(planned.since):
        last = until.get(platform) or until.get("")
        if last and version_rank(version) > version_rank(last):
            yield f"since {version} is after until {last}: no version can send it"


def _property_faults(each: PlannedProperty, classes: frozenset[str]) -> Iterator[str]:
    if each.data_type not in TYPES:
        yield f"data_type '{each.data_type}' is none of {', '.join(TYPES)}"
        return
    for key, _ in given_values(each):
        if each.data_type not in key.types:
            yield f"{key.name} is for {', '.join(key.types)}, not for {each.data_type}"
    if each.personal_data and each.personal_data not in classes:
        yield f"personal_data '{each.personal_data}' is none of {', '.join(sorted(classes))}"
    if each.minimum is not None and each.maximum is not None:
        try:
            if each.minimum > each.maximum:  # type: ignore[operator]
                yield f"no value can be valid: min {each.minimum} is above max {each.maximum}"
        except TypeError:
            yield f"min {each.minimum!r} and max {each.maximum!r} are not of one type"
    for value in each.allowed if each.pattern else ():
        with contextlib.suppress(re.error):
            if not re.fullmatch(each.pattern, str(value)):
                yield f"the allowed value '{value}' does not match the pattern '{each.pattern}'"


def type_changes(project: Project, base: list[PlannedEvent]) -> Iterator[Fault]:
    """A property of the base keeps its type, because stored values do not change."""
    before = {
        (event.source, event.name, each.name): each.data_type
        for event in base
        for each in event.properties
    }
    for event in project.events:
        for each in event.properties:
            data_type = before.get((event.source, event.name, each.name), each.data_type)
            if each.data_type != data_type:
                yield _fault(
                    event,
                    each,
                    f"'{each.name}' was {data_type} and is {each.data_type}: plan a new property,"
                    " and deprecate this one",
                )


# Breaking one of these rules would break a build. The other rules are style.
RULES_OF_A_BUILD: tuple[Rule, ...] = (
    models_are_where_their_names_say,
    an_event_is_planned_once,
    rules_can_be_met,
)
RULES: tuple[Rule, ...] = (
    names_are_in_style,
    models_are_where_their_names_say,
    an_event_is_planned_once,
    everything_is_owned_and_described,
    a_property_is_spelled_one_way,
    a_property_has_one_type,
    rules_can_be_met,
)


def _fault(event: PlannedEvent, each: PlannedProperty | None, message: str) -> Fault:
    node = f"{event.model}.{each.column}" if each else event.model
    return Fault(event.file, event.line, node, message)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
