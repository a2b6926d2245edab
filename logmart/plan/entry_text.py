"""Writes entries of the tracking plan as YAML in the house style."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Mapping
from typing import Any

import yaml

from logmart.errors import CommandError
from logmart.plan.entries import Entry, meta_of
from logmart.plan.grammar import (
    EVENT_KEYS,
    PROPERTY_KEYS,
    Planned,
    PlannedEvent,
    PlannedProperty,
    given_values,
)
from logmart.plan.key_types import Key, Quoted

WIDTH = 100
LONGEST_LINE = 120


class _Dumper(yaml.SafeDumper):
    """Writes Quoted texts in double quotes."""


_Dumper.add_representer(
    Quoted, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')
)


def entry_text(event: PlannedEvent, before: Entry | None = None) -> str:
    """Return an event's entry as YAML, indented below `models:`, with a line feed at its end.

    `before` is the old entry: its parts that do not belong to the plan are kept.
    """
    before = before or {}
    columns_before = {column["name"]: column for column in before.get("columns") or []}
    lines = [f"  - name: {event.model_name}", *_description(event.description, 4), "    config:"]
    if event.owner:
        lines.append(f"      group: {flow_text(event.owner)}")
    lines += _braces("meta", _meta(event, EVENT_KEYS, before), 6)
    lines += _block(_kept(before.get("config"), {"group", "meta"}), 6)
    kept = {"name", "description", "config", "columns", "meta", "group"}
    lines += _block(_kept(before, kept), 4)
    planned = {each.column for each in event.properties}
    other_columns = [
        column
        for name, column in columns_before.items()
        if name not in planned and not meta_of(column).get("property")
    ]
    if event.properties or other_columns:
        lines.append("    columns:")
    for each in event.properties:
        lines += _property_lines(each, columns_before.get(each.column, {}))
    if other_columns:
        lines += textwrap.indent(_dump(other_columns), "      ").splitlines()
    return "\n".join(lines) + "\n"


def _property_lines(each: PlannedProperty, before: Entry) -> list[str]:
    meta = _meta(each, PROPERTY_KEYS, before)
    config = {**_kept(before.get("config"), {"meta"}), "meta": meta}
    kept = _kept(before, {"name", "data_type", "description", "config", "meta"})
    return [
        f"      - name: {flow_text(each.column)}",
        f"        data_type: {flow_text(each.data_type)}",
        *_description(each.description, 8),
        *_braces("config", config, 8),
        *_block(kept, 8),
    ]


def _meta(planned: Planned, keys: Mapping[str, Key], before: Entry) -> dict[str, Any]:
    """Return the meta of an entry: the plan's keys, and other keys of the old entry."""
    others = _kept(meta_of(before), {key.name for key in keys.values()})
    return {key.name: key.to_yaml(value) for key, value in given_values(planned)} | others


def _kept(values: Entry | None, without: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in (values or {}).items() if key not in without}


def _description(text: str, indent: int) -> list[str]:
    pad = " " * indent
    line = f"{pad}description: {flow_text(text)}"
    if len(line) <= WIDTH:
        return [line]
    wrapped = textwrap.wrap(
        text, WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False
    )
    is_plain = " ".join(wrapped) == text and not re.search(r"\s[\s]|[^\x20-\x7e\xa0-\ud7ff]", text)
    return (
        [f"{pad}description: >-", *(f"{pad}  {each}" for each in wrapped)] if is_plain else [line]
    )


def _braces(key: str, values: Entry, indent: int) -> list[str]:
    """Return a key and its values in braces on one line, or as a block where that is too long."""
    line = f"{' ' * indent}{key}: {flow_text(values)}"
    return [line] if len(line) <= LONGEST_LINE else _block({key: values}, indent)


def _block(values: Entry, indent: int) -> list[str]:
    return textwrap.indent(_dump(values), " " * indent).splitlines() if values else []


def _dump(values: Any, *, is_flow: bool = False, width: int = WIDTH) -> str:
    text: str = yaml.dump(
        values,
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        default_flow_style=is_flow,
        width=width,
    )
    return text


def flow_text(value: Any) -> str:
    """Return a value as YAML on one line, as inside braces."""
    return _dump([value], is_flow=True, width=10**9).strip()[1:-1]


def with_entries(text: str, events: Mapping[str, str]) -> str:
    """Return a plan file's text in which entries, given by model name, replace the old ones.

    New entries are added after the last model. All other text is unchanged.
    """
    lines = text.splitlines(keepends=True)
    start = next((n for n, line in enumerate(lines) if line.rstrip() == "models:"), None)
    if start is None:
        raise CommandError("the file has no line `models:`: add one, or name another file")
    end = next(
        (n for n in range(start + 1, len(lines)) if re.match(r"[A-Za-z]", lines[n])), len(lines)
    )
    # For each entry: its name, its first line and the line after its last line.
    found: list[tuple[str, int, int]] = []
    for n in range(start + 1, end):
        begun = re.fullmatch(r"  - name: (\S+)\s*", lines[n])
        if begun:
            found.append((begun[1], n, n + 1))
        elif not re.fullmatch(r" {0,2}#.*\s*|\s*", lines[n]):
            if not found:
                raise CommandError("the entries below `models:` do not begin with `  - name: `")
            found[-1] = (*found[-1][:2], n + 1)
    last = found[-1][2] if found else start + 1
    new = [body for name, body in events.items() if name not in {name for name, _, _ in found}]
    if new:
        lines[last - 1] = lines[last - 1].rstrip("\n") + "\n"
        lines.insert(last, ("\n" if found else "") + "\n".join(new))
    for name, first, after in reversed(found):
        if name in events:
            lines[first:after] = [events[name]]
    return "".join(lines)
