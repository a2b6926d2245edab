"""The types of keys of the tracking plan. logmart/plan/grammar.py lists the keys themselves."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

TYPES = ("varchar", "bigint", "double", "boolean", "timestamp", "date")
Scalar = str | int | float | bool
Versions = str | tuple[tuple[str, str], ...]
"""A version, or pairs of platform and version."""
Change = tuple[list[str], list[str]]
"""Texts on how a rule became tighter, and on how it became looser."""
_YES = frozenset({"true", "yes", "y", "x", "1"})
_NO = frozenset({"false", "no", "n", "0"})


class Quoted(str):
    """A text that is written to YAML in double quotes."""

    __slots__ = ()


@dataclass(frozen=True)
class Deprecation:
    """The deprecation of an entry: from a version or a date on, and what to use instead."""

    use: str
    since: Versions = ""
    date: str = ""


@dataclass(frozen=True)
class Key:
    """A key of an entry, and the conversions of its value. By default the value is a word.

    A default value is not written. `types` are the property types that may have the key.

    from_yaml  in: the value in YAML, None if absent; to_yaml is its inverse
    from_cell  in: a cell's text, the property's type; raises ValueError; to_cell is its inverse
    faults     in: a value; out: the faults of the value
    change     only for a rule that validates events; in: the old and the new value, which differ
    """

    name: str
    default: Any = ""
    types: tuple[str, ...] = TYPES
    from_yaml: Callable[[Any], Any] = lambda given: str(given or "")
    to_yaml: Callable[[Any], Any] = lambda value: value
    from_cell: Callable[[str, str], Any] = lambda cell, _: cell.strip()
    to_cell: Callable[[Any], str] = str
    faults: Callable[[Any], Iterator[str]] = lambda _: iter(())
    change: Callable[[Any, Any], Change] | None = None


def flag(name: str, *, default: bool, is_rule: bool = False) -> Key:
    """Return a key that is true or false; an empty cell is the default."""

    def from_cell(cell: str, _: str) -> bool:
        word = cell.strip().lower()
        if word not in _YES | _NO | {""}:
            raise ValueError(f"{name} '{word}' is neither true nor false")
        return word in _YES if word else default

    return Key(
        name,
        default,
        from_yaml=lambda given: given if isinstance(given, bool) else default,
        from_cell=from_cell,
        to_cell=_scalar_cell,
        change=(lambda _, new: ([name], []) if new else ([], [f"no longer {name}"]))
        if is_rule
        else None,
    )


def values(name: str) -> Key:
    """Return a key that lists a property's allowed values; in a cell `|` separates them."""

    def from_cell(cell: str, data_type: str) -> tuple[Scalar, ...]:
        if not cell.strip():
            return ()
        try:
            parts = next(csv.reader(io.StringIO(cell, newline=""), delimiter="|", strict=True))
        except csv.Error as error:
            raise ValueError(f"{name} '{cell}' is not like `a|b`: {error}") from error
        return tuple(_scalar_of(part, data_type) for part in parts)

    def to_cell(listed: tuple[Scalar, ...]) -> str:
        file = io.StringIO(newline="")
        cells = [_scalar_cell(each) for each in listed]
        # Quote all values when one is empty or has outer spaces or line feeds.
        is_plain = all(re.fullmatch(r"\S(.*\S)?", cell) for cell in cells)
        csv.writer(
            file,
            delimiter="|",
            lineterminator="",
            quoting=csv.QUOTE_MINIMAL if is_plain else csv.QUOTE_ALL,
        ).writerow(cells)
        return file.getvalue()

    def change(old: tuple[Scalar, ...], new: tuple[Scalar, ...]) -> Change:
        gone = ", ".join(str(each) for each in old if each not in new)
        more = ", ".join(str(each) for each in new if each not in old)
        if not old:
            return [f"only {more} {name}"], []
        if not new:
            return [], [f"any value {name}"]
        tighter = [f"{gone} no longer {name}"] if gone else []
        return tighter, [f"{more} {name}, too"] if more else []

    return Key(
        name,
        (),
        from_yaml=lambda given: tuple(_scalar(each) for each in given or ()),
        to_yaml=list,
        from_cell=from_cell,
        to_cell=to_cell,
        change=change,
    )


def bound(name: str, *, is_least: bool) -> Key:
    """Return a key that is the minimum or the maximum of a value."""

    def change(old: Scalar | None, new: Scalar | None) -> Change:
        is_tighter = new is not None and (old is None or _is_larger(new, old) == is_least)
        return _change(name, old, new, is_tighter=is_tighter)

    return Key(
        name,
        None,
        tuple(each for each in TYPES if each != "boolean"),
        from_yaml=lambda given: None if given is None else _scalar(given),
        from_cell=lambda cell, type_: _scalar_of(cell.strip(), type_) if cell.strip() else None,
        to_cell=_scalar_cell,
        change=change,
    )


def pattern(name: str) -> Key:
    """Return a key that is a regular expression for a text."""

    def faults(value: str) -> Iterator[str]:
        try:
            re.compile(value)
        except re.error as error:
            yield f"{name} '{value}' is no regular expression: {error}"

    return Key(
        name,
        types=("varchar",),
        to_yaml=Quoted,
        from_cell=lambda cell, _: cell,
        faults=faults,
        change=lambda old, new: _change(name, old, new, is_tighter=bool(new)),
    )


def version(name: str) -> Key:
    """Return a key that is an app version, or one version for each platform."""
    return Key(
        name,
        from_yaml=_versions,
        to_yaml=_versions_yaml,
        from_cell=lambda cell, _: _versions_of(cell.strip()),
        to_cell=_versions_cell,
        faults=lambda value: _version_faults(name, value),
    )


def deprecation(name: str) -> Key:
    """Return a key that is a Deprecation or None."""

    def from_yaml(given: Any) -> Deprecation | None:
        if not isinstance(given, Mapping):
            return None if given is None else Deprecation(use=str(given))
        use, day = str(given.get("use") or ""), str(given.get("date") or "")
        return Deprecation(use, _versions(given.get("since")), day)

    def to_yaml(value: Deprecation) -> dict[str, Any]:
        since = {"since": _versions_yaml(value.since)} if value.since else {}
        return since | ({"date": Quoted(value.date)} if value.date else {}) | {"use": value.use}

    def from_cell(cell: str, _: str) -> Deprecation | None:
        text = cell.strip()
        if not text:
            return None
        form = r"(?:since (?P<since>.*?) )?(?:on (?P<date>\S+) )?use (?P<use>.+)"
        parts = re.fullmatch(form, text)
        if parts is None:
            example = "`since 5.4.0 use transfer_sent` or `on 2026-05-01 use transfer_sent`"
            raise ValueError(f"{name} '{text}' is not like {example}")
        since, day = _versions_of(parts["since"] or ""), parts["date"] or ""
        return Deprecation(parts["use"].strip(), since, day)

    def to_cell(value: Deprecation | None) -> str:
        if value is None:
            return ""
        since = f"since {_versions_cell(value.since)} " if value.since else ""
        return f"{since}{f'on {value.date} ' if value.date else ''}use {value.use}"

    def faults(value: Deprecation) -> Iterator[str]:
        if not (value.use and (value.since or value.date)):
            form = '{since: "5.4.0", use: ...} or {date: ..., use: ...}'
            yield f"{name} is incomplete: write {form}"
        if value.date and not re.fullmatch(r"\d{4}-\d\d-\d\d", value.date):
            yield f"{name}: '{value.date}' is no date"
        yield from _version_faults(f"{name} since", value.since)

    return Key(name, None, TYPES, from_yaml, to_yaml, from_cell, to_cell, faults)


def by_platform(versions: Versions) -> tuple[tuple[str, str], ...]:
    """Return pairs of platform and version; platform '' means all platforms."""
    if isinstance(versions, str):
        return (("", versions),) if versions else ()
    return versions


def version_rank(text: str) -> tuple[int, ...]:
    """Return a sort key for a version; an empty tuple for a text that is not a version."""
    if not re.fullmatch(r"[0-9]{1,8}([.][0-9]{1,8}){0,3}", text):
        return ()
    parts = [int(part) for part in text.split(".")]
    return tuple(parts + [0] * (4 - len(parts)))


def _version_faults(name: str, versions: Versions) -> Iterator[str]:
    for _, each in by_platform(versions):
        if not version_rank(each):
            yield f"{name} '{each}' is no version: write one like \"5.2.0\""


def _change(name: str, old: Scalar | None, new: Scalar | None, *, is_tighter: bool) -> Change:
    was, now = ("none" if value in (None, "") else value for value in (old, new))
    text = f"{name} {was} -> {now}"
    return ([text], []) if is_tighter else ([], [text])


def _is_larger(left: Scalar, right: Scalar) -> bool:
    if isinstance(left, str) or isinstance(right, str):
        return str(left) > str(right)
    return left > right


def _scalar(given: Any) -> Scalar:
    if isinstance(given, datetime | date):
        return given.isoformat()
    return given if isinstance(given, str | int | float | bool) else str(given)


def _scalar_of(text: str, data_type: str) -> Scalar:
    try:
        if data_type == "bigint" or (data_type == "double" and re.fullmatch(r"-?\d+", text)):
            return int(text)
        if data_type == "double":
            return float(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is no {data_type}") from error
    if data_type == "boolean" and text.lower() not in ("true", "false"):
        raise ValueError(f"'{text}' is neither true nor false")
    return text.lower() == "true" if data_type == "boolean" else text


def _scalar_cell(value: Scalar | None) -> str:
    text = "" if value is None else str(value)
    return text.lower() if isinstance(value, bool) else text


def _versions(given: Any) -> Versions:
    if isinstance(given, Mapping):
        return tuple((str(platform), str(each)) for platform, each in given.items())
    return "" if given is None else str(given)


def _versions_yaml(versions: Versions) -> Any:
    if isinstance(versions, str):
        return Quoted(versions)
    return {platform: Quoted(each) for platform, each in versions}


def _versions_of(text: str) -> Versions:
    if "=" not in text:
        return text
    pairs = (pair.partition("=") for pair in text.split(";"))
    return tuple((platform.strip(), each.strip()) for platform, _, each in pairs)


def _versions_cell(versions: Versions) -> str:
    pairs = by_platform(versions)
    return ";".join(f"{platform}={each}" if platform else each for platform, each in pairs)
