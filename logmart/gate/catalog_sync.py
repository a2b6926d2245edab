"""Runs the catalog sync's command in its own environment and reads the JSON that it prints."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from logmart.settings import PROJECT
from logmart.tool_run import ToolError, run_tool


def catalog_plan(
    folder: Path,
    *,
    save: Path | None = None,
    against: Path | None = None,
    seconds: float | None = None,
) -> Any:
    """Return the sync's plan for the artifacts in a folder, against a saved state or an empty one.

    In: `save`, the file to save the desired state to; `seconds`, how long the sync may take. Raises
    ToolError when it cannot run.
    """
    compared = ["--against", str(against)] if against else ["--offline"]
    saved = ["--save", str(save)] if save else []
    arguments = ["plan", "--target-path", str(folder), *compared, *saved, "--format", "json"]
    return json.loads(_run([*arguments, "--allow-mixed-artifacts"], seconds))


def lineage(folder: Path, *, seconds: float | None = None) -> str:
    """Return the lineage of every column, as JSON text. Raises ToolError when it cannot run."""
    return _run(["lineage", "--target-path", str(folder), "--json"], seconds)


def personal_data_classification() -> str:
    """Return the name of the catalog's classification for personal data.

    Raises ToolError when the sync's configuration cannot be read.
    """
    file = "ingestion/openmetadata.yaml"
    try:
        document = yaml.safe_load((PROJECT / file).read_text(encoding="utf-8"))
        options = document["source"]["serviceConnection"]["config"].get("connectionOptions") or {}
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise ToolError(f"{file} cannot be read: {' '.join(str(error).split())}", file) from error
    return str(options.get("personalDataClassification") or "PersonalData")


def _run(arguments: list[str], seconds: float | None) -> str:
    """Return the JSON text that a command of the sync prints."""
    done = run_tool(
        [str(PROJECT / "ingestion/.venv/bin/python"), "-m", "logmart_catalog", *arguments],
        Path(),
        environment={"PYTHONPATH": str(PROJECT / "ingestion")},
        seconds=seconds,
    )
    try:
        json.loads(done.stdout)
    except ValueError as error:
        raise ToolError(f"logmart-catalog {arguments[0]} printed no JSON: {error}") from error
    return done.stdout
