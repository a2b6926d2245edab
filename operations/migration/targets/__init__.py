"""Where tables are copied to."""

from __future__ import annotations

from pathlib import Path

from logmart.errors import CommandError
from operations.migration.mapping import DUCKDB, Mapping
from operations.migration.targets.base import Target


def open_target(mapping: Mapping, *, writes: bool) -> Target:
    """Open the target of a mapping. Raises CommandError, TransientError when it is in use."""
    if mapping.target.kind == DUCKDB:
        from operations.migration.targets.duckdb import DuckdbTarget  # noqa: PLC0415

        return DuckdbTarget(Path(mapping.target.path), writes=writes)
    raise CommandError(f"a target of the kind {mapping.target.kind} cannot be written")
