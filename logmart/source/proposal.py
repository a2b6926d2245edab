"""A proposal: how a source's lines become events, its plan, and the options of the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from logmart.errors import CommandError
from logmart.landed.source_options import SourceOptions
from logmart.plan.grammar import PlannedProperty
from logmart.source import mapping as mappings
from logmart.source.guess import SESSION_NAMES, guess_mapping, plain, with_time_form
from logmart.source.mapping import LineMapping, SampledEvent
from logmart.source.plan_proposal import EventGuess, propose_events, unplannable
from logmart.source.presets import PRESETS, Preset, recognized
from logmart.source.sample import Sample
from logmart.source.times import moment

_ENOUGH = 0.9


@dataclass(frozen=True)
class Choices:
    """What the user said on the command line, beside the name and the files."""

    preset: str = ""
    fields: Mapping[str, mappings.Path] = field(default_factory=dict)
    event: str = ""
    times_in: str = ""
    business_zone: str = "UTC"
    only: frozenset[str] = frozenset()
    key: str = ""


@dataclass(frozen=True)
class Arrival:
    """The UTC date on which the files land, and for how many days an event may land."""

    today: date
    horizon_days: int


@dataclass(frozen=True)
class Proposal:
    """A proposed source. `earliest` and `latest` are the times of its events in UTC."""

    source: str
    sample: Sample
    preset: Preset | None
    mapping: LineMapping
    events: tuple[EventGuess, ...]
    options: SourceOptions
    earliest: datetime
    latest: datetime
    latest_by_file: Mapping[Path, datetime]
    untimed_count: int = 0
    unnamed_count: int = 0
    not_planned: tuple[str, ...] = ()
    duplicate_id_count: int = 0

    @property
    def is_history(self) -> bool:
        """Return whether the source declares that its files are history."""
        return self.options.history_until is not None


def propose(
    source: str,
    sample: Sample,
    choices: Choices,
    arrival: Arrival,
    known: Mapping[str, PlannedProperty] | None = None,
) -> Proposal:
    """Return the proposal of a source.

    In: `known`, the properties that the source has
    planned. Raises CommandError where the sample cannot become events.
    """
    preset = _preset(sample, choices)
    mapping = _mapping(source, sample, preset, choices)
    read = [mappings.apply(mapping, row) for row in sample.rows]
    if choices.only:
        read = [_only(event, choices.only) for event in read]
    moments = [_moment(event, mapping) for event in read]
    timed = [each for each in moments if each]
    if len(timed) < _ENOUGH * len(read):
        raise CommandError(
            f"only {len(timed):,} of {len(read):,} rows have a time in"
            f" {mapping.origins['occurred_at'].text()}: name the field of the time with"
            " --field occurred_at=<field>"
        )
    left_out = unplannable(read)
    events = propose_events(
        source, read, is_text=sample.is_text, time_zone=mapping.time_zone, known=known
    )
    named = {each.planned.name for event in events for each in event.properties}
    mixed = {name for event in read for name in event.properties} - named
    session = _session_property(preset, events)
    earliest, latest = min(timed), max(timed)
    is_history = earliest.date() < arrival.today - timedelta(days=arrival.horizon_days)
    ids = Counter(event.columns.get("event_id", "") for event in read)
    ids.pop("", None)
    return Proposal(
        source,
        sample,
        preset,
        mapping,
        tuple(events),
        SourceOptions(
            format={"csv": "csv", "columns": "columns"}.get(sample.format, "json"),
            delimiter=sample.form.delimiter,
            columns=sample.form.columns,
            typed_as_text=sample.is_text,
            time_zone=mapping.time_zone if sample.format in ("csv", "columns") else "",
            history_until=arrival.today if is_history else None,
            key=choices.key,
            session_property=session,
            names_as_sent=True,
        ),
        earliest,
        latest,
        _latest_by_file(sample, moments),
        untimed_count=len(read) - len(timed),
        unnamed_count=sum(1 for event in read if not event.columns.get("event_name")),
        not_planned=tuple(sorted(mixed | set(left_out))),
        duplicate_id_count=sum(ids.values()) - len(ids),
    )


def _preset(sample: Sample, choices: Choices) -> Preset | None:
    if choices.preset == "none":
        return None
    return PRESETS[choices.preset] if choices.preset else recognized(sample)


def _mapping(source: str, sample: Sample, preset: Preset | None, choices: Choices) -> LineMapping:
    unknown = set(choices.fields) - set(mappings.COLUMNS)
    if unknown:
        raise CommandError(
            f"--field {sorted(unknown)[0]}=...: a field can be {', '.join(mappings.COLUMNS)}"
        )
    if preset is None:
        guessed = guess_mapping(
            sample.rows, choices.fields, choices.event or f"{source}_logged", "UTC"
        )
        return replace(guessed, time_zone=_zone(guessed.origins["occurred_at"].form, choices))
    names = {name for row in sample.rows[:5_000] for name in row} | set(sample.columns)
    base = preset.mapping
    origins = {}
    for column, origin in base.origins.items():
        paths = tuple(path for path in origin.paths if path[0] in names)
        if origin.constant or paths:
            origins[column] = replace(origin, paths=paths, reason=f"preset {preset.name}")
    for column, path in choices.fields.items():
        origins[column] = mappings.Origin((path,), reason="named by you")
    if choices.event:
        origins["event_name"] = mappings.Origin(constant=choices.event, reason="named by you")
    for column in ("occurred_at", "received_at"):
        if column in origins and not origins[column].form:
            origins[column] = with_time_form(column, origins[column], sample.rows)
    extras = {name: path for name, path in base.extras.items() if path[0] in names}
    return replace(
        base,
        origins=origins,
        extras=extras,
        container=base.container if base.container and base.container[0] in names else (),
        removed=tuple(name for name in base.removed if name in names),
        time_zone=_zone(origins["occurred_at"].form, choices),
    )


def _zone(form: str, choices: Choices) -> str:
    """Return the zone of times without an offset. A date alone is a business date."""
    if choices.times_in:
        return choices.times_in
    return "UTC" if "%H" in form or "%I" in form or "%d" not in form else choices.business_zone


def _only(event: SampledEvent, names: frozenset[str]) -> SampledEvent:
    kept = {name: value for name, value in event.properties.items() if name in names}
    return SampledEvent(event.columns, kept)


def _moment(event: SampledEvent, mapping: LineMapping) -> datetime | None:
    text = event.columns.get("occurred_at", "")
    return moment(text, mapping.origins["occurred_at"].form, mapping.time_zone) if text else None


def _session_property(preset: Preset | None, events: list[EventGuess]) -> str:
    names = {each.planned.name for event in events for each in event.properties}
    if preset and preset.session_property in names:
        return preset.session_property
    for wanted in SESSION_NAMES:
        for name in sorted(names):
            if preset is None and plain(name) == wanted:
                return name
    return ""


def _latest_by_file(sample: Sample, moments: list[datetime | None]) -> dict[Path, datetime]:
    """Return the last time of each file; rows are in the order of files."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    latest = dict.fromkeys(sample.files, epoch)
    start = 0
    for path, count in sample.row_counts.items():
        own = [each for each in moments[start : start + count] if each]
        latest[path] = max(own, default=epoch)
        start += count
    return latest
