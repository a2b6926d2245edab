"""Runs the catalog sync's command in its own environment and reads the JSON that it prints."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from logmart.settings import PROJECT


class CatalogSyncError(Exception):
    """The catalog sync failed; the message is its error."""


def catalog_plan(folder: Path, *, save: Path | None = None, against: Path | None = None) -> Any:
    """Return the sync's plan for the artifacts in a folder, against a saved state or an empty one.

    In: `save`, the file to save the desired state to. Raises CatalogSyncError.
    """
    compared = ["--against", str(against)] if against else ["--offline"]
    saved = ["--save", str(save)] if save else []
    arguments = ["plan", "--target-path", str(folder), *compared, *saved, "--format", "json"]
    return json.loads(_run([*arguments, "--allow-mixed-artifacts"]))


def lineage(folder: Path) -> str:
    """Return the lineage of every column, as JSON text. Raises CatalogSyncError."""
    return _run(["lineage", "--target-path", str(folder), "--json"])


def personal_data_classification() -> str:
    """Return the name of the catalog's classification for personal data."""
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
