"""Runs probes on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from openmetadata_standin.conformance.probe import Probe
from openmetadata_standin.conformance.server import ProbeError, Server, UnreachableError
from openmetadata_standin.conformance.workspace import Workspace, workspace


@dataclass(frozen=True)
class Found:
    """What probes found, by the manners' names, and the paths of what could not be removed."""

    answers: dict[str, str]
    left: tuple[str, ...]


def find(probe: Probe, place: Workspace) -> str:
    """Return what a probe finds; when it cannot be carried out, why not.

    Raises UnreachableError when the server does not answer.
    """
    try:
        return probe.run(place)
    except UnreachableError:
        raise
    except ProbeError as error:
        return f"cannot be tried: {error}"
    except (LookupError, TypeError) as error:
        return f"cannot be tried: the answer lacks {error}"


def find_all(server: Server, probes: Iterable[Probe], tell: Callable[[Probe, str], None]) -> Found:
    """Run probes on a server; return what each finds, told one by one, too.

    Raises ProbeError when the server does not take what every probe needs.
    """
    answers: dict[str, str] = {}
    with workspace(server) as place:
        for probe in probes:
            answers[probe.manner.name] = find(probe, place)
            tell(probe, answers[probe.manner.name])
        left = place.clean()
    return Found(answers, tuple(left))
