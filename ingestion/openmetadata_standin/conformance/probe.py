"""A probe: a function that tries a behaviour on a server and returns the outcome in a few words,
with the expected words for versions with the behaviour and without.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from openmetadata_standin.behaviours.behaviour import Behaviour
from openmetadata_standin.behaviours.versions import ServerVersion
from openmetadata_standin.conformance.workspace import Workspace

Run = Callable[[Workspace], str]


@dataclass(frozen=True)
class Probe:
    """A behaviour, the function that tries it, and the outcomes with the behaviour and without."""

    behaviour: Behaviour
    run: Run
    holds: str
    otherwise: str | None

    def expected(self, version: ServerVersion) -> str:
        """Return the expected outcome on a version."""
        if version.has(self.behaviour):
            return self.holds
        if self.otherwise is None:
            raise ValueError(f"{self.behaviour.name}: no outcome is given for {version.series}")
        return self.otherwise


def probe(behaviour: Behaviour, holds: str, otherwise: str | None = None) -> Callable[[Run], Probe]:
    """Return a decorator that makes a probe of a function. In: `holds`, `otherwise` as in Probe."""
    return lambda run: Probe(behaviour, run, holds, otherwise)


def probes_in(module: ModuleType) -> list[Probe]:
    """Return the probes of a module, in order."""
    return [value for value in vars(module).values() if isinstance(value, Probe)]
