"""The SQL of a second target folder, such as `dbt compile --full-refresh` makes."""

from __future__ import annotations

import json
from pathlib import Path

from logmart_catalog.errors import ArtifactError
from logmart_catalog.records import Record


def read_compiled(folder: Path) -> dict[str, str]:
    """Return the compiled SQL of each model and snapshot of a folder, by unique id.

    Raises ArtifactError when its manifest is missing, truncated or holds no compiled SQL.
    """
    path = folder / "manifest.json"
    remedy = f"run `dbt compile --full-refresh --target-path {folder}`"
    try:
        document = Record.of(str(path), json.loads(path.read_bytes()), ArtifactError)
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror}; {remedy}") from error
    except ValueError as error:
        raise ArtifactError(f"{path}: truncated or no JSON; {remedy}") from error
    nodes = document.records("nodes").items()
    found = {one: node.text("compiled_code") for one, node in nodes if node.text("compiled_code")}
    if not found:
        raise ArtifactError(f"{path}: no compiled SQL is in it; {remedy}")
    return found
