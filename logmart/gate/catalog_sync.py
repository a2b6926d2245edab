"""Asks the catalog sync, which lives in environment 2, what it knows: by its command, in JSON."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from logmart.settings import PROJECT


class CatalogSyncError(Exception):
    """What the catalog sync said when it could not answer."""


def catalog_plan(folder: Path, *, save: Path | None = None, against: Path | None = None) -> Any:
    """Return the plan of the artifacts in a folder, against a saved state or against nothing.

    In: `save`, where to save the state that they want. Raises CatalogSyncError.
    """
    compared = ["--against", str(against)] if against else ["--offline"]
    saved = ["--save", str(save)] if save else []
    arguments = ["plan", "--target-path", str(folder), *compared, *saved, "--format", "json"]
    return json.loads(_run([*arguments, "--allow-mixed-artifacts"]))


def lineage(folder: Path) -> str:
    """Return the lineage of every column, as JSON text. Raises CatalogSyncError."""
    return _run(["lineage", "--target-path", str(folder), "--json"])


def personal_data_classification() -> str:
    """Return what the catalog calls the classification of personal data."""
    path = PROJECT / "ingestion/openmetadata.yaml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    options = document["source"]["serviceConnection"]["config"].get("connectionOptions") or {}
    return str(options.get("personalDataClassification") or "PersonalData")


def _run(arguments: list[str]) -> str:
    python = PROJECT / "ingestion/.venv/bin/python"
    try:
        done = subprocess.run(
            [str(python), "-m", "logmart_catalog", *arguments],
            env={**os.environ, "PYTHONPATH": str(PROJECT / "ingestion")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise CatalogSyncError(f"{python} cannot be run: install it with `make setup`") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise CatalogSyncError(lines[-1])
    return done.stdout
