"""Collects the findings of other tools: the linter on changed files, and the rules on artifacts.

A tool is a command of the project that prints, with `--json`, a list of objects with kind,
severity, file, line, node and message. Such a list can also be read from a file: `--findings FILE`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logmart.errors import CommandError
from logmart.findings import SEVERITIES, Finding, Severity
from logmart.gate.section import Section

_TRACED = re.compile(r'^ *File "(.+?)", line (\d+)', re.MULTILINE)
_KEYS = {"kind", "severity", "file", "line", "node", "message"}


@dataclass(frozen=True)
class Tool:
    """A tool: the kind of its findings, the title of its section, its verb of `logmart check`."""

    kind: str
    title: str
    verb: str


LINT = Tool("lint", "Style of changed files", "changed")
RULES = Tool("rule", "Rules", "rules")


def tool_findings(
    project: Path, target: Path, base: Path | None
) -> tuple[list[Finding], list[Section]]:
    """Return the findings of the linter and the rules, and a section for each tool that could not
    run. A tool that could not run also gives a finding.

    In: `target`, the folder of the branch's artifacts; `base`, the folder of main's. When `base` is
    None, the changed files are not known and the linter does not run. A rule that main breaks in
    the same way is not reported.
    """
    found: list[Finding] = []
    missing: list[Section] = []
    if base is None:
        missing.append(
            Section(LINT.title, missing="there is no state of main to tell changed files")
        )
    else:
        _add(found, missing, LINT, lambda: _run(LINT, ["--base", str(base)], project))
    _add(found, missing, RULES, lambda: _broken_rules(project, target, base))
    return found, missing


def _add(
    found: list[Finding], missing: list[Section], tool: Tool, run: Callable[[], list[Finding]]
) -> None:
    try:
        found += run()
    except CommandError as error:
        missing.append(Section(tool.title, missing=str(error)))
        found.append(Finding("not_checked", f"{tool.title}: {error}"))


def _broken_rules(project: Path, target: Path, base: Path | None) -> list[Finding]:
    found = _run(RULES, ["--target-path", str(target)], project)
    before = _run(RULES, ["--target-path", str(base)], project) if found and base else []
    known = {(finding.node, finding.message) for finding in before}
    return [finding for finding in found if (finding.node, finding.message) not in known]


def read_findings(path: Path) -> list[Finding]:
    """Return the findings in a file. The file's name gives their kind: lint.json, rule.json.

    Raises CommandError when the file holds no list of findings.
    """
    try:
        return parse_findings(path.read_text(encoding="utf-8"), path.stem)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {type(error).__name__}") from error


def parse_findings(text: str, kind: str) -> list[Finding]:
    """Return the findings in a tool's JSON. All get one kind; the tool's kind goes to the message.

    Raises CommandError when the text is no list of findings.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise CommandError(f"{kind}: no JSON: {error}") from error
    if not isinstance(document, list):
        raise CommandError(f"{kind}: no list of findings")
    return [_finding(entry, kind, f"{kind}[{number}]") for number, entry in enumerate(document)]


def _finding(given: Any, kind: str, where: str) -> Finding:
    if not isinstance(given, dict) or not {"kind", "message"} <= set(given):
        raise CommandError(f"{where}: a finding has kind and message")
    unknown = set(given) - _KEYS
    if unknown:
        raise CommandError(f"{where}: unknown key {min(unknown)}; known are {sorted(_KEYS)}")
    word = given.get("severity") or Severity.ERROR.word
    if word not in SEVERITIES:
        raise CommandError(f"{where}: severity is {word!r}: write one of {', '.join(SEVERITIES)}")
    return Finding(
        kind,
        f"{given['kind']}: {given['message']}",
        str(given.get("node") or ""),
        file=str(given.get("file") or ""),
        line=int(given.get("line") or 0),
        at_most=SEVERITIES[word],
    )


def _run(tool: Tool, arguments: list[str], project: Path) -> list[Finding]:
    if not (project / "logmart/__main__.py").is_file():
        raise CommandError(f"the project has no command `logmart check {tool.verb}`")
    done = subprocess.run(
        [sys.executable, "-m", "logmart", "check", tool.verb, "--json", *arguments],
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    start = done.stdout.find("[\n") if "[\n" in done.stdout else done.stdout.find("[]")
    if start < 0:
        raise CommandError(_cause(done.stderr, project) or f"it ended with {done.returncode}")
    return parse_findings(done.stdout[start:], tool.kind)


def _cause(errors: str, project: Path) -> str:
    """Return the last line of a command's errors, with the file and line of a Python error."""
    lines = errors.strip().splitlines()
    traced = _TRACED.findall(errors)
    if not (lines and traced):
        return lines[-1] if lines else ""
    file, line = traced[-1]
    path = Path(file)
    inside = path.relative_to(project.resolve()) if path.is_relative_to(project.resolve()) else path
    return f"{lines[-1]} ({inside.name if inside.is_absolute() else inside}:{line})"
