"""Runs the probes on a server and on the stand-in of the nearest version."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from openmetadata_standin.behaviours.versions import ServerVersion, nearest
from openmetadata_standin.conformance.probe import Probe
from openmetadata_standin.conformance.probes import PROBES
from openmetadata_standin.conformance.report import Comparison, Report
from openmetadata_standin.conformance.run import Found, find_all
from openmetadata_standin.conformance.server import ProbeError, Server
from openmetadata_standin.process import start


def release_of(server: Server) -> str:
    """Return the release of a server. Raises ProbeError when the server names none."""
    release = server.made("GET", "system/version").get("version")
    if not isinstance(release, str) or not release[:1].isdigit():
        raise ProbeError(f"{server.host}: system/version names no version: is it OpenMetadata?")
    return release


def compare(server: Server, release: str, tell: Callable[[Comparison], None]) -> Report:
    """Compare a server with the stand-in of the nearest version.

    In: `tell`, called with each comparison as soon as it is made. Raises ProbeError when the server
    refuses a call that every probe needs, StartError when the stand-in does not start.
    """
    version = nearest(release)
    expected = _on_standin(version).answers
    comparisons: list[Comparison] = []

    def found(probe: Probe, answer: str) -> None:
        comparisons.append(Comparison(probe.behaviour, answer, expected[probe.behaviour.name]))
        tell(comparisons[-1])

    left = find_all(server, PROBES, found).left
    return Report(server.host, release, version, tuple(comparisons), left)


def _on_standin(version: ServerVersion) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        # With a ready file, the stand-in prints no hint for browsers.
        options = ("--server", version.series, "--ready-file", f"{folder}/address")
        process = start(Path(folder), *options)
        try:
            return find_all(Server(process.address, "any"), PROBES, lambda probe, answer: None)
        finally:
            process.stop()
