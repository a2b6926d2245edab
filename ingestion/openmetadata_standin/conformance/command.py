"""The command `logmart-catalog conformance`."""

from __future__ import annotations

from openmetadata_standin.behaviours.versions import nearest
from openmetadata_standin.conformance.compare import compare, release_of
from openmetadata_standin.conformance.report import end_text, head_text, report_json
from openmetadata_standin.conformance.server import Server

SAME, DIFFERENT = 0, 2


def run(host: str, token: str, output_format: str) -> int:
    """Compare, print, and return the exit code. Raises the errors of `compare`."""
    server = Server(host, token)
    release = release_of(server)
    as_text = output_format == "text"
    if as_text:
        print(head_text(host, release, nearest(release)), flush=True)
    report = compare(
        server,
        release,
        lambda comparison: print(comparison.text(), flush=True) if as_text else None,
    )
    print(end_text(report) if as_text else report_json(report))
    return DIFFERENT if report.differing else SAME
