"""Findings on failed nodes of a build, without the values that error messages quote."""

from __future__ import annotations

import re

from logmart.dbt.manifest import Manifest
from logmart.findings import Finding
from logmart.gate.workplace import FAILED, NodeResult

# Errors of DuckDB whose messages quote values.
_QUOTING = re.compile(r"(Conversion|Invalid Input|Constraint|Out of Range|Mismatch Type) Error")


def failure_finding(manifest: Manifest, result: NodeResult) -> Finding | None:
    """Return the finding on a node that failed or warned; None for any other node."""
    node = manifest.built.get(result.unique_id) or manifest.tests.get(result.unique_id)
    node = node or manifest.part("unit_tests").get(result.unique_id) or {}
    message = without_values(result.message)
    file = str(node.get("original_file_path") or "")
    if result.kind in ("test", "unit_test"):
        if result.status in FAILED:
            return Finding("test_failed", message, result.name, file=file)
        if result.status == "warn":
            return Finding("test_warned", message, result.name, file=file)
    elif result.status in FAILED:
        return Finding(failure_kind(message), message, result.name, file=file)
    return None


def failure_kind(message: str) -> str:
    """Return the kind of finding for an error of dbt."""
    return "contract_broken" if "an enforced contract that failed" in message else "build_failed"


def without_values(message: str) -> str:
    """Return an error's message; cut it after the type of error when it may quote values."""
    quoting = _QUOTING.search(message)
    return f"{message[: quoting.end()]}; the rest may quote values" if quoting else message
