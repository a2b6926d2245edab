"""The findings of the checks and the gate, with their severities. Data only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Severity(IntEnum):
    """How bad a finding is, the worst last."""

    NOTE = 0
    WARNING = 1
    ERROR = 2

    @property
    def word(self) -> str:
        """Return the severity as gate.yml spells it."""
        return self.name.lower()


SEVERITIES = {severity.word: severity for severity in Severity}


@dataclass(frozen=True)
class Reach:
    """What a change affects downstream, and the owners to ask, all by name.

    `columns` are computed from the changed column. `row_keys` are relations whose rows it decides
    (by a filter, a join, a group). `models` are the models of `columns` and `row_keys`.
    """

    columns: tuple[str, ...] = ()
    row_keys: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    exposures: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()


@dataclass(frozen=True)
class Finding:
    """One effect of a change, or one fault that a check found.

    `node` is the name of the model or other node, `column` one of its columns. `severity`
    comes from gate.yml, but is never worse than `at_most`. `left_out` is the reason that gate.yml
    gives for not counting the finding. `count` is the number of places that one cause changes,
    `places` their names, and `detail` the lines of a long message, of which `message` is the cause.
    """

    kind: str
    message: str
    node: str = ""
    column: str = ""
    file: str = ""
    line: int = 0
    severity: Severity = Severity.NOTE
    at_most: Severity = Severity.ERROR
    reach: Reach | None = None
    left_out: str = ""
    count: int = 1
    places: tuple[str, ...] = ()
    detail: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Return the place of the finding: a model or a column of it, else a file."""
        if self.node:
            return f"{self.node}.{self.column}" if self.column else self.node
        return f"{self.file}:{self.line}" if self.line else self.file
