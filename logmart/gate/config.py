"""gate.yml: how bad each kind of finding is, the limits, and what is left out and why."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from logmart.errors import CommandError
from logmart.gate.findings import KINDS, SEVERITIES, Finding, Severity

FILE = "gate.yml"


@dataclass(frozen=True)
class Limits:
    """The numbers of gate.yml: see there."""

    data_share: float = 0.0
    samples: int = 3
    report_characters: int = 60_000


@dataclass(frozen=True)
class LeftOut:
    """Findings that do not count, by patterns of kind, node and column, and the reason."""

    reason: str
    kind: str = "*"
    node: str = "*"
    column: str = "*"

    def takes(self, finding: Finding) -> bool:
        """Whether a finding is one of them."""
        pairs = (
            (finding.kind, self.kind), (finding.node, self.node), (finding.column, self.column)
        )  # fmt: skip
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)


@dataclass(frozen=True)
class Config:
    """What gate.yml says.

    `published` are the folders of the models that people read; `stands_on` the files, besides dbt's
    own, that a build depends on: where one differs nothing of the state can be used.
    """

    fail_on: Severity = Severity.ERROR
    severities: Mapping[str, Severity] = field(default_factory=dict)
    limits: Limits = Limits()
    published: tuple[str, ...] = ("models/marts",)
    stands_on: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def judged(self, finding: Finding) -> Finding:
        """Return a finding with the severity and the reason to leave it out that are configured.

        One that comes with a severity of a tool's own keeps it where gate.yml names none.
        """
        default = KINDS[finding.kind][0] if finding.kind in KINDS else finding.severity
        severity = self.severities.get(finding.kind, default)
        reason = next((one.reason for one in self.left_out if one.takes(finding)), "")
        return replace(finding, severity=min(severity, finding.at_most), left_out=reason)

    def is_published(self, path: str) -> bool:
        """Whether a model's file lies in a folder that people read from."""
        return any(path.startswith(f"{folder.rstrip('/')}/") for folder in self.published)


def read_config(path: Path) -> Config:
    """Read a gate.yml; where there is none, the defaults hold.

    Raises CommandError, naming the file, the key and the remedy, for anything that it cannot mean.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    document = _mapping(path, "the file", content or {})
    _known(path, "key ", document, ("fail_on", "severity", "limits", "published", "stands_on",
                                   "leave_out"))  # fmt: skip
    severities = _mapping(path, "severity", document.get("severity") or {})
    _known(path, "severity.", severities, KINDS)
    return Config(
        fail_on=_severity(path, "fail_on", document.get("fail_on", "error")),
        severities={
            str(kind): _severity(path, f"severity.{kind}", word)
            for kind, word in severities.items()
        },
        limits=_limits(path, _mapping(path, "limits", document.get("limits") or {})),
        published=_texts(path, "published", document.get("published", ["models/marts"])),
        stands_on=_texts(path, "stands_on", document.get("stands_on", [])),
        left_out=tuple(
            _left_out(path, number, entry)
            for number, entry in enumerate(_list(path, "leave_out", document.get("leave_out")), 1)
        ),
    )


def _limits(path: Path, given: Mapping[str, Any]) -> Limits:
    _known(path, "limits.", given, [one.name for one in fields(Limits)])
    defaults = Limits()
    for name, value in given.items():
        wanted = type(getattr(defaults, name))
        kinds = (int, float) if wanted is float else (int,)
        if isinstance(value, bool) or not isinstance(value, kinds) or value < 0:
            what = "a number" if wanted is float else "a whole number"
            raise CommandError(f"{path}: limits.{name} is {value!r}: write {what}, 0 or more")
    return Limits(**given)


def _left_out(path: Path, number: int, given: Any) -> LeftOut:
    where = f"leave_out[{number}]"
    entry = _mapping(path, where, given)
    _known(path, f"{where}.", entry, [one.name for one in fields(LeftOut)])
    if not str(entry.get("reason") or "").strip():
        raise CommandError(f"{path}: {where} has no reason: say why it does not count")
    if set(entry) == {"reason"}:
        raise CommandError(f"{path}: {where} leaves everything out: name a kind, node or column")
    kind = str(entry.get("kind", "*"))
    if "*" not in kind:
        _known(path, f"{where}.kind ", [kind], KINDS)
    return LeftOut(**{key: str(value) for key, value in entry.items()})


def _severity(path: Path, key: str, word: Any) -> Severity:
    if word not in SEVERITIES:
        raise CommandError(f"{path}: {key} is {word!r}: write one of {', '.join(SEVERITIES)}")
    return SEVERITIES[word]


def _known(path: Path, what: str, given: Iterable[Any], known: Iterable[str]) -> None:
    names = list(known)
    for key in given:
        if key not in names:
            close = difflib.get_close_matches(str(key), names, 1)
            hint = f"did you mean {close[0]}?" if close else f"write one of {', '.join(names)}"
            raise CommandError(f"{path}: unknown {what}{key}; {hint}")


def _mapping(path: Path, key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise CommandError(f"{path}: {key} is no mapping of keys to values")
    return value


def _list(path: Path, key: str, value: Any) -> list[Any]:
    if value is not None and not isinstance(value, list):
        raise CommandError(f"{path}: {key} is no list")
    return value or []


def _texts(path: Path, key: str, value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in _list(path, key, value))
