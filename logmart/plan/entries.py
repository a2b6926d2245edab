"""The tracking plan in the YAML of the event models: read, and written in the house style."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from logmart.errors import CommandError

TYPES = ("varchar", "bigint", "double", "boolean", "timestamp", "date")
EVENT_KEYS = frozenset({"event", "is_activity", "is_steady", "since", "until", "deprecated"})
PROPERTY_KEYS = frozenset(
    {"property", "required", "allowed", "min", "max", "pattern", "personal_data"}
    | {"since", "until", "deprecated"}
)
OTHERS_KEYS = frozenset({"openmetadata", "previous_name", "owner"})
WIDTH = 100
LONGEST_LINE = 120
Scalar = str | int | float | bool
Versions = str | tuple[tuple[str, str], ...]
"""A version, or pairs of platform and version."""


@dataclass(frozen=True)
class Deprecation:
    """Since which version or on which date an entry is deprecated, and what to use instead."""

    use: str
    since: Versions = ""
    date: str = ""


@dataclass(frozen=True)
class PlannedProperty:
    """A property: the column that it becomes, and its rules."""

    column: str
    name: str
    data_type: str
    description: str = ""
    required: bool = False
    allowed: tuple[Scalar, ...] = ()
    minimum: Scalar | None = None
    maximum: Scalar | None = None
    pattern: str = ""
    personal_data: str = ""
    since: Versions = ""
    until: Versions = ""
    deprecated: Deprecation | None = None


@dataclass(frozen=True)
class PlannedEvent:
    """An event: what its model's YAML says of it, and where; the place does not count as equal."""

    source: str
    name: str
    description: str = ""
    owner: str = ""
    is_activity: bool = True
    is_steady: bool = True
    since: Versions = ""
    until: Versions = ""
    deprecated: Deprecation | None = None
    properties: tuple[PlannedProperty, ...] = ()
    file: Path = field(default=Path(), compare=False)
    line: int = field(default=0, compare=False)
    model: str = field(default="", compare=False)
    unknown_keys: tuple[str, ...] = field(default=(), compare=False)

    @property
    def model_name(self) -> str:
        """Return the name that its model has to have."""
        return f"stg_{self.source}__{self.name}"


def plan_file(source: str) -> Path:
    """Return the file of a source's plan, below the project."""
    return Path(f"models/staging/{source}/_{source}__events.yml")


def read_plan(project: Path) -> list[PlannedEvent]:
    """Return the planned events of every source, in the order of files and entries.

    Raises CommandError when a file is no YAML.
    """
    files = sorted((project / "models/staging").rglob("*.yml"))
    return [event for path in files for event in _read_file(project, path)]


def _read_file(project: Path, path: Path) -> Iterator[PlannedEvent]:
    text = path.read_text(encoding="utf-8")
    try:
        content = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise CommandError(f"{path} is no YAML: {error}") from error
    lines = text.splitlines()
    for entry in content.get("models", []):
        if "event" in _meta(entry):
            mark = f"- name: {entry['name']}"
            line = next((n for n, each in enumerate(lines, 1) if each.strip() == mark), 0)
            yield event_of(entry, file=path.relative_to(project), line=line)


def event_of(entry: Mapping[str, Any], file: Path = Path(), line: int = 0) -> PlannedEvent:
    """Return the event of a model's entry, in a YAML file or in dbt's manifest."""
    meta = _meta(entry)
    columns = entry.get("columns") or []
    listed = list(columns.values()) if isinstance(columns, Mapping) else columns
    planned = [column for column in listed if _meta(column).get("property")]
    return PlannedEvent(
        source=str(entry["name"]).split("__", maxsplit=1)[0].removeprefix("stg_"),
        name=str(meta["event"]),
        description=str(entry.get("description") or ""),
        owner=str((entry.get("config") or {}).get("group") or entry.get("group") or ""),
        is_activity=meta.get("is_activity", True) is not False,
        is_steady=meta.get("is_steady", True) is not False,
        since=_versions(meta.get("since")),
        until=_versions(meta.get("until")),
        deprecated=_deprecation(meta.get("deprecated")),
        properties=tuple(_property(column) for column in planned),
        file=file,
        line=line,
        model=str(entry["name"]),
        unknown_keys=(
            *(str(key) for key in meta if key not in EVENT_KEYS | OTHERS_KEYS),
            *(
                f"{column['name']}.{key}"
                for column in planned
                for key in _meta(column)
                if key not in PROPERTY_KEYS | OTHERS_KEYS
            ),
        ),
    )


def _property(column: Mapping[str, Any]) -> PlannedProperty:
    meta = _meta(column)
    return PlannedProperty(
        column=str(column["name"]),
        name=str(meta["property"]),
        data_type=str(column.get("data_type") or ""),
        description=str(column.get("description") or ""),
        required=meta.get("required") is True,
        allowed=tuple(_scalar(value) for value in meta.get("allowed") or ()),
        minimum=_bound(meta.get("min")),
        maximum=_bound(meta.get("max")),
        pattern=str(meta.get("pattern") or ""),
        personal_data=str(meta.get("personal_data") or ""),
        since=_versions(meta.get("since")),
        until=_versions(meta.get("until")),
        deprecated=_deprecation(meta.get("deprecated")),
    )


def _meta(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = (entry.get("config") or {}).get("meta") or entry.get("meta") or {}
    return meta


def _scalar(value: Any) -> Scalar:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else str(value)


def _bound(value: Any) -> Scalar | None:
    return None if value is None else _scalar(value)


def _versions(value: Any) -> Versions:
    if isinstance(value, Mapping):
        return tuple((str(platform), str(version)) for platform, version in value.items())
    return "" if value is None else str(value)


def _deprecation(value: Any) -> Deprecation | None:
    if not isinstance(value, Mapping):
        return None if value is None else Deprecation(use=str(value))
    return Deprecation(
        use=str(value.get("use") or ""),
        since=_versions(value.get("since")),
        date=str(value.get("date") or ""),
    )


class Quoted(str):
    """A text that is written in double quotes."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes Quoted texts in double quotes."""


_Dumper.add_representer(
    Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def entry_text(event: PlannedEvent, others: Mapping[str, Any] | None = None) -> str:
    """Return an event's entry as YAML, indented below `models:`, with a line feed at its end.

    `others` is the entry as it was: what it holds that is none of the plan's business is kept.
    """
    before = dict(others or {})
    columns_before = {column["name"]: column for column in before.get("columns") or []}
    lines = [f"  - name: {event.model_name}"]
    lines += _description(event.description, 4)
    config = _kept(before.get("config"), {"group", "meta"})
    lines.append("    config:")
    if event.owner:
        lines.append(f"      group: {_flow(event.owner)}")
    kept_meta = _kept(_meta(before), EVENT_KEYS)
    lines += _braces("meta", {**_event_meta(event), **kept_meta}, 6)
    lines += _block(config, 6)
    kept = {"name", "description", "config", "columns", "meta", "group"}
    lines += _block(_kept(before, kept), 4)
    planned = {each.column for each in event.properties}
    other_columns = [
        column
        for name, column in columns_before.items()
        if name not in planned and not _meta(column).get("property")
    ]
    if event.properties or other_columns:
        lines.append("    columns:")
    for each in event.properties:
        lines += _property_lines(each, columns_before.get(each.column, {}))
    if other_columns:
        lines += textwrap.indent(_dump(other_columns), "      ").splitlines()
    return "\n".join(lines) + "\n"


def _property_lines(each: PlannedProperty, before: Mapping[str, Any]) -> list[str]:
    lines = [f"      - name: {_flow(each.column)}"]
    lines.append(f"        data_type: {_flow(each.data_type)}")
    lines += _description(each.description, 8)
    meta = {**_property_meta(each), **_kept(_meta(before), PROPERTY_KEYS)}
    config = {**_kept(before.get("config"), {"meta"}), "meta": meta}
    lines += _braces("config", config, 8)
    lines += _block(_kept(before, {"name", "data_type", "description", "config", "meta"}), 8)
    return lines


def _event_meta(event: PlannedEvent) -> dict[str, Any]:
    return {
        "event": event.name,
        **_lifetime(event),
        **({} if event.is_activity else {"is_activity": False}),
        **({} if event.is_steady else {"is_steady": False}),
    }


def _property_meta(each: PlannedProperty) -> dict[str, Any]:
    meta: dict[str, Any] = {"property": each.name}
    if each.required:
        meta["required"] = True
    if each.allowed:
        meta["allowed"] = list(each.allowed)
    if each.minimum is not None:
        meta["min"] = each.minimum
    if each.maximum is not None:
        meta["max"] = each.maximum
    if each.pattern:
        meta["pattern"] = Quoted(each.pattern)
    if each.personal_data:
        meta["personal_data"] = each.personal_data
    return meta | _lifetime(each)


def _lifetime(entry: PlannedEvent | PlannedProperty) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if entry.since:
        meta["since"] = _versions_meta(entry.since)
    if entry.until:
        meta["until"] = _versions_meta(entry.until)
    if entry.deprecated:
        meta["deprecated"] = {
            **({"since": _versions_meta(entry.deprecated.since)} if entry.deprecated.since else {}),
            **({"date": Quoted(entry.deprecated.date)} if entry.deprecated.date else {}),
            "use": entry.deprecated.use,
        }
    return meta


def _versions_meta(versions: Versions) -> Any:
    if isinstance(versions, str):
        return Quoted(versions)
    return {platform: Quoted(version) for platform, version in versions}


def _kept(values: Mapping[str, Any] | None, without: frozenset[str] | set[str]) -> dict[str, Any]:
    return {key: value for key, value in (values or {}).items() if key not in without}


def _description(text: str, indent: int) -> list[str]:
    pad = " " * indent
    line = f"{pad}description: {_flow(text)}"
    if len(line) <= WIDTH:
        return [line]
    wrapped = textwrap.wrap(
        text, WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False
    )
    is_plain = " ".join(wrapped) == text and not re.search(r"\s[\s]|[^\x20-\x7e\xa0-\ud7ff]", text)
    return (
        [f"{pad}description: >-", *(f"{pad}  {each}" for each in wrapped)] if is_plain else [line]
    )


def _braces(key: str, values: Mapping[str, Any], indent: int) -> list[str]:
    """Return a key and its values in braces on one line; below each other where it is too long."""
    line = f"{' ' * indent}{key}: {_flow(values)}"
    return [line] if len(line) <= LONGEST_LINE else _block({key: values}, indent)


def _block(values: Mapping[str, Any], indent: int) -> list[str]:
    return textwrap.indent(_dump(values), " " * indent).splitlines() if values else []


def _dump(values: Any) -> str:
    text: str = yaml.dump(values, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text


def _flow(value: Any) -> str:
    """Return a value on one line, as it stands inside braces."""
    text: str = yaml.dump(
        [value],
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=True,
        width=10**9,
    )
    return text.strip()[1:-1]


def with_entries(text: str, events: Mapping[str, str]) -> str:
    """Return a plan file's text with entries, by name of the model, in place of those it had.

    New ones go to the end of its models; all else stays as it is, to the letter.
    """
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if line.rstrip() == "models:"), None)
    if start is None:
        raise CommandError("the file has no line `models:`: add one, or name another file")
    end = next(
        (n for n in range(start + 1, len(lines)) if re.match(r"[A-Za-z]", lines[n])), len(lines)
    )
    blocks: list[tuple[str, str]] = []
    for line in lines[start + 1 : end]:
        name = re.fullmatch(r"  - name: (\S+)\n?", line)
        if name:
            blocks.append((name[1], line))
        elif blocks:
            blocks[-1] = (blocks[-1][0], blocks[-1][1] + line)
        elif line.strip():
            raise CommandError("the entries below `models:` do not begin with `  - name: `")
    present = {name for name, _ in blocks}
    bodies = [events.get(name, block).rstrip() for name, block in blocks]
    bodies += [body.rstrip() for name, body in events.items() if name not in present]
    middle = "\n\n".join(bodies) + "\n"
    rest = "".join(lines[end:])
    return "".join(lines[: start + 1]) + middle + (f"\n{rest}" if rest else "")


def raw_entries(text: str) -> dict[str, Mapping[str, Any]]:
    """Return the entries of a plan file by name of the model, as YAML has them."""
    content = yaml.safe_load(text) or {}
    return {str(entry["name"]): entry for entry in content.get("models", [])}
