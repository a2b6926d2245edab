"""Findings of other tools: of the linter on changed files, of the rules on the artifacts.

A tool is a module that prints, with `--json`, a list of objects with kind, severity, file, line,
node and message. Its list can be given as a file, too: `--findings FILE`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from gate.findings import SEVERITIES, Finding, Severity
from gate.manifest import Manifest
from gate.own_checks import own_findings
from scripts.errors import CommandError

_KEYS = {"kind", "severity", "file", "line", "node", "message"}


def tool_findings(
    project: Path, target: Path, head: Manifest, base: Manifest | None
) -> list[Finding]:
    """Return what the linter and the rules find.

    In: `target`, the folder of the branch's artifacts. Raises CommandError when a tool fails.
    """
    return own_findings(project, head, base)


def read_findings(path: Path) -> list[Finding]:
    """Return the findings in a tool's file. Raises CommandError when it is none."""
    try:
        return parse_findings(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {type(error).__name__}") from error


def parse_findings(text: str, where: str) -> list[Finding]:
    """Return the findings in JSON text, called `where` in errors."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{where}: no JSON: {error}") from error
    if not isinstance(document, list):
        raise CommandError(f"{where}: no list of findings")
    return [_finding(one, f"{where}[{n}]") for n, one in enumerate(document)]


def _finding(given: Any, where: str) -> Finding:
    if not isinstance(given, dict) or not {"kind", "message"} <= set(given):
        raise CommandError(f"{where}: a finding has kind and message")
    unknown = set(given) - _KEYS
    if unknown:
        raise CommandError(f"{where}: unknown key {min(unknown)}; known are {sorted(_KEYS)}")
    word = given.get("severity") or Severity.ERROR.word
    if word not in SEVERITIES:
        raise CommandError(f"{where}: severity is {word!r}: write one of {', '.join(SEVERITIES)}")
    return Finding(
        str(given["kind"]),
        str(given["message"]),
        str(given.get("node") or ""),
        file=str(given.get("file") or ""),
        line=int(given.get("line") or 0),
        severity=SEVERITIES[word],
    )


def run_tool(module: str, arguments: Iterable[str], project: Path) -> list[Finding] | None:
    """Return what a module of this project finds, None when there is no such module."""
    if find_spec(module) is None:
        return None
    done = subprocess.run(
        [sys.executable, "-m", module, "--json", *arguments],
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if not done.stdout.strip():
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise CommandError(f"{module} failed: {lines[-1]}")
    return parse_findings(done.stdout, module)
