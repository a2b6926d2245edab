"""Compiles, builds, tests and describes a checkout for the gate."""

from __future__ import annotations

import shutil
from pathlib import Path

from logmart.dbt.full_refresh import COMPILE, FULL_REFRESH
from logmart.errors import CommandError
from logmart.gate.workplace import FAILED, NodeResult, Workplace, run_dbt


def compile_all(workplace: Workplace) -> None:
    """Compile every model as for a full refresh; keep manifest and SQL in `full_refresh`."""
    failed = [
        result
        for result in run_dbt(workplace, "compiled", list(COMPILE))
        if result.status in FAILED
    ]
    if failed:
        raise CommandError(f"{failed[0].name} does not compile: {failed[0].message}")
    kept = workplace.target / FULL_REFRESH
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    shutil.copyfile(workplace.target / "manifest.json", kept / "manifest.json")
    shutil.move(workplace.target / "compiled", kept / "compiled")


def build(workplace: Workplace, selection: list[str]) -> list[NodeResult]:
    """Build a selection, describe the whole database, then test; return the results.

    Tests run last, so that a failing test does not stop the models downstream of it: a reviewer
    sees all numbers.
    """
    tests = ["test", "unit_test"]
    built = run_dbt(workplace, "built", ["build", *selection, "--exclude-resource-type", *tests])
    describe(workplace)
    unbuilt = [result.name for result in built if result.status in FAILED | {"skipped"}]
    without = ["--exclude", *unbuilt] if unbuilt else []
    return built + run_dbt(workplace, "tested", ["test", *selection, *without])


def describe(workplace: Workplace) -> None:
    """Write catalog.json: the columns of the tables in the database."""
    run_dbt(workplace, "documented", ["docs", "generate", "--no-compile"])


def gather(target: Path, out: Path) -> None:
    """Copy the artifacts that the catalog sync reads, without results, which differ in each run."""
    shutil.rmtree(out, ignore_errors=True)
    (out / FULL_REFRESH).mkdir(parents=True)
    for name in ("manifest.json", "catalog.json", f"{FULL_REFRESH}/manifest.json"):
        shutil.copyfile(target / name, out / name)
