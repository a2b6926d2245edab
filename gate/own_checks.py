"""Style of the changed SQL files, and marts without tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from gate.findings import Finding
from gate.manifest import Manifest


def own_findings(project: Path, head: Manifest, base: Manifest | None) -> list[Finding]:
    """Return the findings on files that the branch changed, all of them where there is no base."""
    before = base.built if base else {}
    changed = [
        node
        for one, node in head.built.items()
        if node["resource_type"] == "model"
        and (one not in before or before[one]["checksum"] != node["checksum"])
    ]
    found = [
        Finding("mart_untested", "no test", node["name"], file=node["original_file_path"])
        for node in changed
        if node["original_file_path"].startswith("models/marts/")
        and not head.tests_of(node["unique_id"])
    ]
    files = sorted(node["original_file_path"] for node in changed)
    return found + (_lint(project, files) if files and base else [])


def _lint(project: Path, files: list[str]) -> list[Finding]:
    done = subprocess.run(
        [sys.executable, "-m", "sqlfluff", "lint", "--format", "json", "--nocolor", *files],
        cwd=project,
        env={
            **os.environ,
            "LOGMART_DATABASE": "target/lint/logmart.duckdb",
            "LOGMART_LANDING": "target/lint/landing",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    text = done.stdout[done.stdout.find("[") :]
    found = []
    for file in json.loads(text) if text.strip() else []:
        for one in file["violations"]:
            message = f"{one['code']}: {one['description']}"
            found.append(Finding("lint", message, file=file["filepath"], line=one["start_line_no"]))
    return found
