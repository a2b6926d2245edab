"""A probe: a function that tries a manner on a server and returns the outcome in a few words, with
the expected words for versions with the manner and without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from openmetadata_standin.conformance.workspace import Workspace
from openmetadata_standin.manners.manner import Manner
from openmetadata_standin.manners.versions import ServerVersion

Run = Callable[[Workspace], str]


@dataclass(frozen=True)
class Probe:
    """A manner, the function that tries it, and the outcomes with the manner and without."""

    manner: Manner
    run: Run
    holds: str
    otherwise: str | None

    def expected(self, version: ServerVersion) -> str:
        """Return the expected outcome on a version."""
        if version.has(self.manner):
            return self.holds
        if self.otherwise is None:
            raise ValueError(f"{self.manner.name}: no outcome is given for {version.series}")
        return self.otherwise


def probe(manner: Manner, holds: str, otherwise: str | None = None) -> Callable[[Run], Probe]:
    """Return a decorator that makes a probe of a function. In: `holds`, `otherwise` as in Probe."""
    return lambda run: Probe(manner, run, holds, otherwise)


def probes_in(module: ModuleType) -> list[Probe]:
    """Return the probes of a module, in order."""
    return [value for value in vars(module).values() if isinstance(value, Probe)]
