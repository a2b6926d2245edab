"""Seconds from a checkout to the report of a one-model change, beside a full build.

`make bench-gate` runs it: in a worktree of HEAD on the sample, environments installed already. It
makes main's state, builds everything from nothing, changes the SQL of one mart that no model reads
and makes the report, and writes figures.md.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FIGURES = Path(__file__).parent / "figures.md"
LINKS = (".venv", "ingestion/.venv", "rules/.venv", ".tools")


def main() -> int:
    """Measure and write the figures."""
    with tempfile.TemporaryDirectory(prefix="gate-") as parent:
        work, state = Path(parent) / "logmart", Path(parent) / "state"
        try:
            _checkout(work)
            _run(work, "landing")
            made = _timed(work, "gate.state", "--out", str(state))
            built = _timed(work, "scripts.build_mart")
            _remove(work)
            started = time.monotonic()
            _checkout(work)
            mart = _change_one_mart(work, state)
            _run(work, "landing")
            _run(work, "gate.pull_request", "--state", str(state))
            reported = time.monotonic() - started
            report = json.loads((work / "target/pr-report/report.json").read_text("utf-8"))
        finally:
            _remove(work)
    FIGURES.write_text(_figures(made, built, reported, report["built"], mart), encoding="utf-8")
    print(FIGURES.read_text(encoding="utf-8"))
    return 0


def _figures(made: float, built: float, reported: float, sentence: str, mart: str) -> str:
    what = sentence.split(", compared with", maxsplit=1)[0].lower()
    return (
        "Written by `make bench-gate`; seconds, environments installed, the default sample of"
        f" 201,545 events,\n{os.cpu_count()} cores, Python {platform.python_version()}.\n\n"
        "| | seconds |\n|---|---|\n"
        f"| a change of one mart (`{mart}`), from checkout to report: {what} | {reported:.0f} |\n"
        f"| `make build` from nothing | {built:.0f} |\n"
        f"| `make state`: the same build, with the catalog's state and lineage | {made:.0f} |\n"
    )


def _change_one_mart(work: Path, state: Path) -> str:
    """Change the SQL of the first mart that no model reads; return its name."""
    manifest = json.loads((state / "manifest.json").read_text("utf-8"))
    for unique_id, node in sorted(manifest["nodes"].items()):
        path = str(node["original_file_path"])
        read = any(one.startswith("model.") for one in manifest["child_map"].get(unique_id, ()))
        if path.startswith("models/marts/") and path.endswith(".sql") and not read:
            file = work / path
            file.write_text(file.read_text("utf-8").rstrip() + "\nwhere true\n", encoding="utf-8")
            return str(node["name"])
    raise SystemExit("every mart is read by a model: there is none to change")


def _timed(work: Path, *module: str) -> float:
    started = time.monotonic()
    _run(work, *module)
    return time.monotonic() - started


def _run(work: Path, *module: str) -> None:
    done = subprocess.run(
        [str(work / ".venv/bin/python"), "-m", *module],
        cwd=work,
        env={**os.environ, "DBT_PROFILES_DIR": "profiles"},
        stdout=sys.stderr,
        check=False,
    )
    if done.returncode not in (0, 2):
        raise SystemExit(f"{module[0]} ended with {done.returncode}")


def _checkout(work: Path) -> None:
    _git("worktree", "add", "--detach", "--quiet", str(work), "HEAD")
    for name in LINKS:
        if (PROJECT / name).exists():
            (work / name).symlink_to((PROJECT / name).resolve())


def _remove(work: Path) -> None:
    if work.exists():
        _git("worktree", "remove", "--force", str(work))


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=PROJECT, check=True)


if __name__ == "__main__":
    sys.exit(main())
