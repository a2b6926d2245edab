"""Findings on failed nodes of a build: the cause, its place in a file and the whole message.

Values that an error quotes are left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from logmart.dbt.manifest import Manifest
from logmart.findings import Finding
from logmart.gate.workplace import FAILED, NodeResult

# Errors of DuckDB whose messages quote values.
_QUOTING = re.compile(r"(Conversion|Invalid Input|Constraint|Out of Range|Mismatch Type) Error")
_STOPPED = re.compile(r"^dbt \w+ stopped in .*?: (?=\w+ Error|\w)", re.DOTALL)
_HEADER = re.compile(r"^(\w+ )?(Runtime|Compilation|Database|Parsing|Dependency) Error\b")
_FILE = re.compile(r"\(([^()\s]+\.(?:sql|ya?ml|md|csv|py))\)|Error reading \w+: (\S+\.\w+)")
_YAML_LINE = re.compile(r"in \"<unicode string>\", line (\d+)")
_JINJA_LINE = re.compile(r"^\s*line (\d+)\s*$", re.MULTILINE)
_SQL_LINE = re.compile(r"LINE (\d+):")
# An entry of a YAML file that has not the form that dbt expects: its kind, file, name and fault.
_MISSHAPEN = re.compile(
    r"Invalid (\w+) config given in FilePath\(searched_path='(.*?)', relative_path='(.*?)'.*?\)"
    r" @ \w+: \{(?:.*?'name': '(.*?)')?.* - at path \[(.*?)\]: (.*)",
    re.DOTALL,
)
# dbt names no file where it cannot render a key of a YAML file.
_UNRENDERED = re.compile(r"Could not render (\{\{.+?\}\}): ")
_CONTRACT = "an enforced contract that failed"
_UNIT_TEST = "actual differs from expected"


@dataclass(frozen=True)
class Cause:
    """The cause of a failure: a sentence, the file and line that it names, and all lines."""

    message: str
    file: str
    line: int
    detail: tuple[str, ...]


def failure_finding(manifest: Manifest, result: NodeResult) -> Finding | None:
    """Return the finding on a node that failed or warned; None for any other node."""
    node = manifest.built.get(result.unique_id) or manifest.tests.get(result.unique_id)
    node = node or manifest.part("unit_tests").get(result.unique_id) or {}
    file = str(node.get("original_file_path") or "")
    kinds = {**dict.fromkeys(FAILED, "test_failed"), "warn": "test_warned"}
    if result.kind not in ("test", "unit_test"):
        kinds = dict.fromkeys(FAILED, failure_kind(result.message))
    if result.status not in kinds:
        return None
    cause = cause_of(result.message)
    return Finding(
        kinds[result.status],
        cause.message,
        result.name,
        file=file,
        line=cause.line if cause.file == file else 0,
        detail=cause.detail,
    )


def stopped_finding(project: Path, message: str) -> Finding:
    """Return the finding on a project that dbt cannot parse or compile."""
    cause = cause_of(message)
    # dbt names the file of a YAML error without its resource folder.
    known = [path for path in sorted(project.glob(f"*/{cause.file}")) if cause.file]
    file, line = str(known[0].relative_to(project)) if known else cause.file, cause.line
    unrendered = _UNRENDERED.search(message)
    if unrendered and not file:
        file, line = _place_of(project, unrendered[1])
    return Finding(failure_kind(message), cause.message, file=file, line=line, detail=cause.detail)


def _place_of(project: Path, text: str) -> tuple[str, int]:
    """Return the first file and line of the project's YAML with a text; "" and 0 for none."""
    for path in sorted(project.glob("*/**/*.y*ml")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if text in line and ".venv" not in path.parts:
                return str(path.relative_to(project)), number
    return "", 0


def failure_kind(message: str) -> str:
    """Return the kind of finding for an error of dbt."""
    return "contract_broken" if _CONTRACT in message else "build_failed"


def cause_of(message: str) -> Cause:
    """Return the cause that an error's message states."""
    text = without_values(_STOPPED.sub("", message.replace("\r", "")))
    misshapen = _MISSHAPEN.search(text)
    if misshapen:
        kind, folder, path, name, place, fault = misshapen.groups()
        where = f", at {place}" if place else ""
        sentence = f"{fault.strip()}: {name or 'an entry'} of {kind}{where}"
        return Cause(sentence, f"{folder}/{path}", 0, tuple(text.splitlines()))
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    found = _FILE.search(text)
    file = (found[1] or found[2]) if found else ""
    numbers = _YAML_LINE.findall(text) or _JINJA_LINE.findall(text)
    sentence = "; ".join(line.strip() for line in _causing(lines)) or "no message"
    sentence = _SQL_LINE.sub(r"line \1 of the compiled SQL:", sentence)
    return Cause(
        sentence,
        file,
        int(numbers[-1]) if numbers and file else 0,
        tuple(lines) if len(lines) > 1 else (),
    )


def _causing(lines: list[str]) -> list[str]:
    """Return the lines of a message that state the cause."""
    rest = [line for line in lines if not _HEADER.match(line.strip())]
    raw = next((n for n, line in enumerate(rest) if line.strip() == "Raw Error:"), None)
    if raw is not None:
        return [line for line in rest[raw + 1 :] if not line.strip().startswith(("in ", "---"))]
    if any(_UNIT_TEST in line for line in rest):
        rows = [line.strip("→ ,") for line in rest if "@@" not in line and _UNIT_TEST not in line]
        return [f"{_UNIT_TEST}: {'; '.join(rows)}"]
    if any(_CONTRACT in line for line in lines):
        cells = [
            [cell.strip() for cell in line.strip(" |").split("|")] for line in lines if "|" in line
        ]
        wrong = [f"{row[0]}: {' '.join(each for each in row[1:] if each)}" for row in cells[2:]]
        return ["its columns are not those of its contract", *wrong]
    return [
        line for line in rest if not _JINJA_LINE.match(line) and set(line.strip()) != {"^"}
    ] or lines


def without_values(message: str) -> str:
    """Return an error's message; cut it after the type of error when it may quote values."""
    quoting = _QUOTING.search(message)
    return f"{message[: quoting.end()]}; the rest may quote values" if quoting else message
