"""Reads gate.yml: severities of findings, limits, and the findings that are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeFloat,
    StrictInt,
    field_validator,
    model_validator,
)

from logmart.config_file import Described, did_you_mean, read_config_file
from logmart.findings import SEVERITIES, Finding, Severity
from logmart.gate.finding_kinds import KINDS

FILE = "gate.yml"
_Whole = Annotated[StrictInt, Field(ge=0)]


def _severity(word: Any) -> Any:
    if isinstance(word, Severity):
        return word
    if word not in SEVERITIES:
        raise ValueError(f"{word!r} is no severity: write one of {', '.join(SEVERITIES)}")
    return SEVERITIES[word]


_Word = Annotated[Severity, BeforeValidator(_severity)]


class Limits(Described):
    """The limits in gate.yml, which describes them."""

    data_share: NonNegativeFloat = 0.0
    samples: _Whole = 3
    tool_seconds: NonNegativeFloat = 600.0
    report_characters: _Whole = 60_000


class LeftOut(Described):
    """Findings that do not count, by patterns of kind, node and column, and the reason."""

    reason: str = ""
    kind: str = "*"
    node: str = "*"
    column: str = "*"

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if "*" not in kind and kind not in KINDS:
            raise ValueError(f"unknown kind {kind}; {did_you_mean(kind, list(KINDS))}")
        return kind

    @model_validator(mode="after")
    def _is_meant(self) -> LeftOut:
        if not self.reason.strip():
            raise ValueError("it has no reason: say why it does not count")
        if (self.kind, self.node, self.column) == ("*", "*", "*"):
            raise ValueError("it leaves everything out: name a kind, node or column")
        return self

    def takes(self, finding: Finding) -> bool:
        """Return whether the patterns match a finding."""
        pairs = (
            (finding.kind, self.kind), (finding.node, self.node), (finding.column, self.column)
        )  # fmt: skip
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)


class Config(Described):
    """The content of gate.yml.

    `published` are the folders of the models that people read. `stands_on` are the files, besides
    dbt's own, that a build depends on: when one differs, the state's database cannot be used.
    `documents` are the files and folders that no build reads.
    """

    fail_on: _Word = Severity.ERROR
    severity: Mapping[str, _Word] = Field(default_factory=dict)
    limits: Limits = Limits()
    published: tuple[str, ...] = ("models/marts",)
    stands_on: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    leave_out: tuple[LeftOut, ...] = ()

    @field_validator("severity")
    @classmethod
    def _are_known(cls, severity: Mapping[str, Severity]) -> Mapping[str, Severity]:
        for kind in severity:
            if kind not in KINDS:
                raise ValueError(f"unknown kind {kind}; {did_you_mean(kind, list(KINDS))}")
        return severity

    def judged(self, finding: Finding) -> Finding:
        """Return a finding with its configured severity, and the reason if it is left out.

        A kind that gate.yml does not name keeps its default severity, or else that of its tool.
        """
        default = KINDS[finding.kind].severity if finding.kind in KINDS else finding.severity
        severity = self.severity.get(finding.kind, default)
        reason = next((entry.reason for entry in self.leave_out if entry.takes(finding)), "")
        return replace(finding, severity=min(severity, finding.at_most), left_out=reason)

    def is_published(self, path: str) -> bool:
        """Return whether a model's file is in a folder of `published`."""
        return any(_is_in(path, folder) for folder in self.published)

    def is_document(self, path: str) -> bool:
        """Return whether a file is one of `documents`, or in a folder of them."""
        return any(path == place or _is_in(path, place) for place in self.documents)


def _is_in(path: str, folder: str) -> bool:
    return path.startswith(f"{folder.rstrip('/')}/")


def read_config(path: Path) -> Config:
    """Read a gate.yml; a missing file gives the defaults. Raises CommandError."""
    return read_config_file(path, Config)
