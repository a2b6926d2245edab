"""Renders the comparison of a server with the stand-in as text and as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass

from openmetadata_standin.behaviours import BEHAVIOURS
from openmetadata_standin.behaviours.behaviour import BEHAVIOUR_TESTS, Behaviour
from openmetadata_standin.behaviours.versions import READ_ALONE, ServerVersion


@dataclass(frozen=True)
class Comparison:
    """One behaviour, with the outcomes of its probe on the server and on the stand-in."""

    behaviour: Behaviour
    server: str
    standin: str

    @property
    def same(self) -> bool:
        """Whether both outcomes are equal."""
        return self.server == self.standin

    def text(self) -> str:
        """Return one line, or three lines when the outcomes differ."""
        if self.same:
            return f"  same     {self.behaviour.name}: {self.server}"
        return (
            f"  differs  {self.behaviour.name}: {self.behaviour.sentence}\n"
            f"             server:   {self.server}\n"
            f"             stand-in: {self.standin}"
        )


@dataclass(frozen=True)
class Report:
    """The comparison of a server: its address and release, the version of the stand-in, the
    comparisons, and the paths (`left`) of entities that could not be removed.
    """

    host: str
    release: str
    version: ServerVersion
    comparisons: tuple[Comparison, ...]
    left: tuple[str, ...]

    @property
    def differing(self) -> int:
        """The number of differing behaviours."""
        return sum(not comparison.same for comparison in self.comparisons)


def head_text(host: str, release: str, version: ServerVersion) -> str:
    """Return the lines before the comparisons."""
    lines = [f"{host} is OpenMetadata {release}; the stand-in is {version.release}"]
    if release != version.release:
        lines.append(f"  {release} was never tried: {version.release} is the nearest version known")
    if version.series == READ_ALONE:
        lines.append(f"  the behaviours of {version.series} are known from reading alone")
    return "\n".join(lines)


def end_text(report: Report) -> str:
    """Return the lines after the comparisons: behaviours without a probe, leftovers, counts."""
    hidden = [behaviour.name for behaviour in BEHAVIOURS if behaviour.test != BEHAVIOUR_TESTS]
    lines = [f"  not compared, since no single call shows it: {', '.join(hidden)}"]
    lines += [f"  could not be removed: {path}" for path in report.left]
    count = len(report.comparisons)
    lines.append(f"{count} behaviours: {count - report.differing} same, {report.differing} differ.")
    return "\n".join(lines)


def report_json(report: Report) -> str:
    """Return the report as JSON."""
    return json.dumps(
        {
            "host": report.host,
            "release": report.release,
            "standin": report.version.release,
            "tried": report.release == report.version.release
            and report.version.series != READ_ALONE,
            "same": len(report.comparisons) - report.differing,
            "differ": report.differing,
            "left": list(report.left),
            "manners": [
                {
                    "name": comparison.behaviour.name,
                    "sentence": comparison.behaviour.sentence,
                    "server": comparison.server,
                    "standin": comparison.standin,
                    "same": comparison.same,
                }
                for comparison in report.comparisons
            ],
        },
        ensure_ascii=False,
        indent=2,
    )
