"""Collects the findings of other tools: the linter on changed files, and the rules on artifacts.

A tool is a command of the project that prints, with `--json`, a list of objects with kind,
severity, file, line, node and message. Such a list can also be read from a file: `--findings FILE`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from logmart.errors import CommandError
from logmart.findings import SEVERITIES, Finding, Severity
from logmart.gate.section import Section
from logmart.tool_run import ToolError, run_tool, stopped

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
    project: Path, target: Path, base: Path | None, start: str, seconds: float
) -> tuple[list[Finding], list[Section]]:
    """Return the findings of the linter and the rules, and a section for each tool that did not
    run. A tool that could not run also gives a finding.

    In: `target`, the folder of the branch's artifacts; `base`, the folder of main's, or None;
    `start`, the commit from which the branch starts, "" where git does not know it; `seconds`, how
    long each tool may take. Without base and start the changed files are not known, and the linter
    does not run. A rule that main breaks in the same way is not reported.
    """
    found: list[Finding] = []
    missing: list[Section] = []
    changed_since = start or (str(base) if base else "")
    runs: list[tuple[Tool, Callable[[], list[Finding]]]] = []
    if changed_since:
        runs.append((LINT, lambda: _run(LINT, ["--base", changed_since], project, seconds)))
    else:
        missing.append(
            Section(LINT.title, missing="there is no state of main to tell changed files")
        )
    runs.append((RULES, lambda: _broken_rules(project, target, base, seconds)))
    for tool, run in runs:
        try:
            found += run()
        except CommandError as error:
            missing.append(Section(tool.title, missing=str(error)))
            found.append(could_not_run(tool.title, error))
    return found, missing


def could_not_run(part: str, error: CommandError) -> Finding:
    """Return the finding on a part of the report that could not be made. Its node is the part, so
    that gate.yml can leave it out.
    """
    if isinstance(error, ToolError):
        return Finding("not_checked", error.why, part, file=error.file, line=error.line)
    return Finding("not_checked", str(error), part)


def _broken_rules(project: Path, target: Path, base: Path | None, seconds: float) -> list[Finding]:
    found = _run(RULES, ["--target-path", str(target)], project, seconds)
    before: list[Finding] = []
    if found and base:
        before = _run(RULES, ["--target-path", str(base)], project, seconds)
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


def _run(tool: Tool, arguments: list[str], project: Path, seconds: float) -> list[Finding]:
    if not (project / "logmart/__main__.py").is_file():
        raise CommandError(f"the project has no command `logmart check {tool.verb}`")
    done = run_tool(
        [sys.executable, "-m", "logmart", "check", tool.verb, "--json", *arguments],
        project,
        completed=(0, 1),
        seconds=seconds,
    )
    start = done.stdout.find("[\n") if "[\n" in done.stdout else done.stdout.find("[]")
    found = parse_findings(done.stdout[start:], tool.kind) if start >= 0 else []
    # It exits with 1 when it found something, but also when it stopped.
    if start < 0 or done.returncode != int(bool(found)):
        raise stopped(done, project)
    return found
