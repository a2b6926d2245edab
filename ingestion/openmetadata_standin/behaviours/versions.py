"""The versions of the server that the stand-in can copy."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass

from openmetadata_standin.behaviours.behaviour import Behaviour

SERIES = ("1.2", "1.12", "2.0")
DEFAULT = "1.12"
READ_ALONE = "2.0"


@dataclass(frozen=True)
class ServerVersion:
    """A version: the series whose behaviours are known, and the release that the server names."""

    series: str
    release: str

    def has(self, behaviour: Behaviour) -> bool:
        """Whether this version has a behaviour."""
        return self.series in behaviour.known


def server_version(series: str) -> ServerVersion:
    """Return a version by its series, one of SERIES. The release of 2.0 is the client's own."""
    if series == READ_ALONE:
        client = importlib.metadata.version("openmetadata-ingestion")
        return ServerVersion(series, ".".join(client.split(".")[:3]))
    return ServerVersion(series, {"1.2": "1.2.0", "1.12": "1.12.6"}[series])


def nearest(release: str) -> ServerVersion:
    """Return the known version that is nearest to the release of a server, such as `1.11.4`."""
    return server_version(min(SERIES, key=lambda series: _distance(series, release)))


def _distance(series: str, release: str) -> tuple[int, int]:
    known, asked = _numbers(series), _numbers(release)
    return abs(known[0] - asked[0]), abs(known[1] - asked[1])


def _numbers(release: str) -> tuple[int, int]:
    major, _, rest = release.partition(".")
    minor = rest.partition(".")[0]
    return int(major), int(minor) if minor.isdecimal() else 0
