"""Runs probes on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from openmetadata_standin.conformance.probe import Probe
from openmetadata_standin.conformance.server import ProbeError, Server, UnreachableError
from openmetadata_standin.conformance.workspace import Workspace, workspace


@dataclass(frozen=True)
class Found:
    """The outcomes of probes by the behaviours' names, and the paths that could not be removed."""

    answers: dict[str, str]
    left: tuple[str, ...]


def find(probe: Probe, place: Workspace) -> str:
    """Return the outcome of a probe, or the reason why it cannot be tried.

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
    """Run probes on a server and return the outcomes.

    In: `tell`, called with each probe and its outcome. Raises ProbeError when the server refuses a
    call that every probe needs.
    """
    answers: dict[str, str] = {}
    with workspace(server) as place:
        for probe in probes:
            answers[probe.behaviour.name] = find(probe, place)
            tell(probe, answers[probe.behaviour.name])
        left = place.clean()
    return Found(answers, tuple(left))
