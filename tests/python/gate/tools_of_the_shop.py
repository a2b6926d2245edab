"""A linter and a rule for the little project, with findings as the project's own print them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from logmart.dbt.manifest import read_manifest
from logmart.findings import Finding
from logmart.gate.tools import parse_findings


def findings_of_tools(project: Path, main: Path, target: Path) -> list[Finding]:
    """Return the findings on the SQL files that differ, and on marts without tests.

    In: both checkouts, and the folder of the branch's artifacts.
    """
    files = [path.relative_to(project) for path in sorted(project.glob("models/**/*.sql"))]
    changed = [path for path in files if _text(main / path) != _text(project / path)]
    manifest = read_manifest(target / "manifest.json")
    untested = [
        {"kind": "every_mart_is_tested", "severity": "error", "file": node["original_file_path"],
         "line": None, "node": node["name"], "message": "has no test"}
        for one, node in manifest.built.items()
        if "marts" in node["fqn"] and not manifest.tests_of(one)
    ]  # fmt: skip
    text = json.dumps(_lint(project, changed) if changed else [])
    return [*parse_findings(text, "lint"), *parse_findings(json.dumps(untested), "rule")]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _lint(project: Path, files: list[Path]) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "sqlfluff", "lint", "--format", "json", "--nocolor"]
        + [str(path) for path in files],
        cwd=project,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
            "LOGMART_DATABASE": "target/lint/logmart.duckdb",
            "LOGMART_LANDING": "target/lint/landing",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return [
        {"kind": one["code"], "severity": "error", "file": file["filepath"],
         "line": one["start_line_no"], "node": None, "message": one["description"]}
        for file in json.loads(done.stdout[done.stdout.index("[") :])
        for one in file["violations"]
    ]  # fmt: skip
