"""What a probe is: a function that does something on a server and tells in a few words what came of
it, with the words for servers that have the manner and for those that have it not.
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
    """A manner, how it is tried, and what is found where it holds and where it does not."""

    manner: Manner
    run: Run
    holds: str
    otherwise: str | None

    def expected(self, version: ServerVersion) -> str:
        """Return what the probe finds on a version."""
        if version.has(self.manner):
            return self.holds
        if self.otherwise is None:
            raise ValueError(f"{self.manner.name}: what {version.series} does is not said")
        return self.otherwise


def probe(manner: Manner, holds: str, otherwise: str | None = None) -> Callable[[Run], Probe]:
    """Make a probe of a function; `holds` and `otherwise` as in Probe."""
    return lambda run: Probe(manner, run, holds, otherwise)


def probes_in(module: ModuleType) -> list[Probe]:
    """Return the probes of a module, in order."""
    return [value for value in vars(module).values() if isinstance(value, Probe)]
